// What an account wants to be warned of, and what it has not been warned of yet.
#pragma once

#include "features/ledger/low_balance.hpp"
#include "sql/database.hpp"

namespace ledger {

[[nodiscard]] WarningSettings load_warning_settings(sql::AccountTx& tx);
void save_warning_settings(sql::AccountTx& tx, const WarningSettings& settings);

// A movement has left `left` to spend: arms and disarms levels, and answers what to tell; nullopt
// when no wanted level was crossed.
[[nodiscard]] std::optional<LowBalance> warn_of_low_balance(sql::AccountTx tx, base::Millis left,
                                                            Movement movement);

}  // namespace ledger
