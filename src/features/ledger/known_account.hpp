// Accounts that are settled every second, or were paid for a moment ago, are read once.
#pragma once

#include "features/ledger/poster.hpp"

namespace ledger {

// With all runs that end at `from` or later; remembered, or read and remembered from now on. Good
// until another account is asked for.
[[nodiscard]] KnownAccount& know_account(Poster& poster, sql::AccountTx& tx, base::Instant from);
// With its purse at least, from now on. Good until another account is asked for.
KnownAccount& remember_purse(Poster& poster, base::AccountId account);
// In place of runs that are now part of it.
void replace_runs(KnownAccount& known, const std::vector<StoredRun>& joined, const StoredRun& run);

}  // namespace ledger
