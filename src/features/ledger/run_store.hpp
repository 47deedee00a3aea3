// SQL of runs, their parts and what they burned.
#pragma once

#include <optional>
#include <vector>

#include "features/ledger/run.hpp"
#include "sql/database.hpp"

namespace ledger {

// Contribution of one live run so far.
struct RunPart {
  std::int64_t proofs = 0;
  std::int64_t requests = 0;
  base::Millis overlap{};
  base::Millis idle{};
  RouteCounts routes{};
  bool operator==(const RunPart&) const = default;
};

// Runs of all lanes that end at `from` or later, by their end, without their
// shares.
[[nodiscard]] std::optional<base::Instant> find_last_run_end(sql::AccountTx& tx);
[[nodiscard]] std::vector<StoredRun> list_runs_ending_from(sql::AccountTx& tx, base::Instant from);
void load_shares(sql::AccountTx& tx, StoredRun& run);
[[nodiscard]] std::optional<StoredRun> find_run(sql::AccountTx& tx, base::RunId id);
struct RunFilter {
  base::Instant before;  // runs that end before
  base::Instant from;    // half-open; runs that overlap it
  base::Instant to;
  std::int64_t limit = 50;
};
// Newest first; with their shares.
[[nodiscard]] std::vector<StoredRun> list_runs(sql::AccountTx& tx, const RunFilter& filter);

[[nodiscard]] RunPart load_part(sql::AccountTx& tx, base::RunId part);
void save_part(sql::AccountTx& tx, base::RunId part, const RunPart& counts);
void save_run(sql::AccountTx& tx, const StoredRun& run);
void add_charge(sql::AccountTx& tx, base::RunId run, const GrantShare& share);
// Of what the run burned of the grant.
void take_charge_back(sql::AccountTx& tx, base::RunId run, const GrantShare& share);
// Removes `from`; what it burned is now `into`'s.
void absorb_run(sql::AccountTx& tx, base::RunId from, base::RunId into);

}  // namespace ledger
