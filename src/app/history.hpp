// The usage history as this program sets it up, and its command.
#pragma once

#include "app/commands.hpp"
#include "app/store.hpp"
#include "features/reports/history_follower.hpp"

namespace app {

[[nodiscard]] reports::HistoryOptions history_options(const Store& store);
// The runs of history.duckdb once more from the ledger. Not while a server holds the folder.
int history_rebuild_command(const Common& common);

}  // namespace app
