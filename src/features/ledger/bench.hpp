// What the ledger costs, for `redline bench`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "features/ledger/run.hpp"
#include "sql/database.hpp"

namespace ledger {

class LedgerService;

struct LedgerBench {
  std::int64_t group = 0;                   // commands in one commit
  std::int64_t grants_per_second = 0;       // durable and acknowledged, one command each
  std::int64_t bare_sqlite_per_second = 0;  // the same rows by prepared statements, same groups
  std::int64_t grants_to_bare_percent = 0;  // median of rounds in turn
  std::int64_t verify_entries_per_second = 0;
};

// In new files in `folder`, which must exist; so do all here.
[[nodiscard]] base::Result<LedgerBench> bench_ledger(const std::string& folder,
                                                     const base::Clock& clock,
                                                     base::Random& random);

struct SettleBench {
  std::int64_t accounts = 0;            // each with an open run that grows every round
  std::int64_t group = 0;               // accounts in one commit
  std::int64_t settled_per_second = 0;  // accounts, durable
  std::int64_t fsyncs_per_second = 0;   // of this disk, a page each
  std::int64_t to_fsync_percent = 0;    // of what one group for each of these would be
};
[[nodiscard]] base::Result<SettleBench> bench_settle(const std::string& folder, base::Clock& clock,
                                                     base::Random& random, std::int64_t accounts);

// Gives every account `amount`, in large commits.
[[nodiscard]] base::Result<void> give_all(sql::Database& database, LedgerService& ledger,
                                          const std::vector<base::AccountId>& accounts,
                                          base::Millis amount, base::Instant now);
// One open run of each account, `length` long until now, in large commits.
[[nodiscard]] base::Result<void> settle_all(LedgerService& ledger,
                                            const std::vector<RunSnapshot>& runs);
[[nodiscard]] std::vector<RunSnapshot> open_runs(const std::vector<base::AccountId>& accounts,
                                                 base::Random& random, base::Instant start,
                                                 base::Instant end);

}  // namespace ledger
