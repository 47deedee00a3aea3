// Accounts that are settled every second are read once.
#pragma once

#include "features/ledger/poster.hpp"

namespace ledger {

// With all runs that end at `from` or later; remembered, or read and remembered from now on. Good
// until another account is asked for.
[[nodiscard]] KnownAccount& know_account(Poster& poster, sql::AccountTx& tx, base::Instant from);
void forget_runs(KnownAccount& known);
// In place of runs that are now part of it.
void replace_runs(KnownAccount& known, const std::vector<StoredRun>& joined, const StoredRun& run);

}  // namespace ledger
