#include "app/history.hpp"

#include <fmt/format.h>

#include "app/cli.hpp"

namespace app {

reports::HistoryOptions history_options(const Store& store) {
  const auto& config = store.config.history;
  return {.path = store.folder->file("history.duckdb"),
          .memory_mb = config.memory_mb,
          .retention = std::chrono::days{config.retention_days}};
}

int history_rebuild_command(const Common& common) {
  auto config = configure(common);
  if (!config) return config.error();
  const auto store = open_store(std::move(*config), common.data);
  if (!store) return report_failure(store.error());
  reports::ActivityTable activity;
  reports::HistoryFollower history(history_options(**store), *(*store)->database, (*store)->clock,
                                   activity);
  if (const auto rebuilt = history.rebuild(); !rebuilt) return report_failure(rebuilt.error());
  const auto runs = history.count_runs();
  if (!runs) return report_failure(runs.error());
  if (common.json)
    fmt::print("{{\"runs\":{}}}\n", *runs);
  else
    fmt::print("The usage history holds {} runs of the ledger.\n", *runs);
  return kDone;
}

}  // namespace app
