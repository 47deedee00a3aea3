// What an account wants to be warned of, and what it has not been warned of yet.
#pragma once

#include "features/ledger/low_balance.hpp"
#include "sql/database.hpp"

namespace ledger {

[[nodiscard]] WarningSettings load_warning_settings(sql::AccountTx& tx);
void save_warning_settings(sql::AccountTx& tx, const WarningSettings& settings);
// Both the settings and what is armed.
void drop_warnings(sql::AccountTx& tx);

// A movement has left `left` to spend: arms and disarms levels, and answers what to tell; nullopt
// when no wanted level was crossed. `armed`: the account's flags, which are read when there are
// none; afterwards those that are stored.
[[nodiscard]] std::optional<LowBalance> warn_of_low_balance(sql::AccountTx tx,
                                                            std::optional<WarningFlags>& armed,
                                                            base::Millis left, Movement movement);

}  // namespace ledger
