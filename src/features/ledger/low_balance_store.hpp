// What an account wants to be warned of, and what it was told.
#pragma once

#include "features/ledger/low_balance.hpp"
#include "sql/database.hpp"

namespace ledger {

[[nodiscard]] WarningSettings load_warning_settings(sql::AccountTx& tx);
void save_warning_settings(sql::AccountTx& tx, const WarningSettings& settings);

// Remembers what was crossed, and answers what to tell: nullopt when no wanted level was crossed,
// or each was warned of already. Costs no statement unless a level was crossed.
[[nodiscard]] std::optional<LowBalance> warn_of_low_balance(sql::AccountTx tx, base::Millis before,
                                                            base::Millis after, base::Instant now);

}  // namespace ledger
