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
  RouteCounts routes{};
  bool operator==(const RunPart&) const = default;
};

[[nodiscard]] std::optional<base::Instant> find_last_run_end(sql::AccountTx& tx);
// Runs of all lanes that end at `from` or later, by their end.
[[nodiscard]] std::vector<StoredRun> list_runs_ending_from(sql::AccountTx& tx, base::Instant from);
[[nodiscard]] std::optional<StoredRun> find_run(sql::AccountTx& tx, base::RunId id);
struct RunFilter {
  base::Instant before;  // runs that end before
  base::Instant from;    // half-open; runs that overlap it
  base::Instant to;
  std::int64_t limit = 50;
};
// Newest first.
[[nodiscard]] std::vector<StoredRun> list_runs(sql::AccountTx& tx, const RunFilter& filter);

// What all live runs contributed that are part of it.
[[nodiscard]] RunPart counts_of(const StoredRun& run);
// nullopt: nothing, unless a run of the same id is stored: then what that counts.
[[nodiscard]] std::optional<RunPart> find_part(sql::AccountTx& tx, base::RunId part);
void save_part(sql::AccountTx& tx, base::RunId part, const RunPart& counts);
// The same unless it is known already.
void keep_part(sql::AccountTx& tx, base::RunId part, const RunPart& counts);
void drop_empty_part(sql::AccountTx& tx, base::RunId part);

// Without what it burned when that is of several grants: save_charge() each.
void insert_run(sql::AccountTx& tx, const StoredRun& run);
void update_run(sql::AccountTx& tx, const StoredRun& run);
// The same for an open run whose start, tariff, lane and first proof are as they were.
void grow_run(sql::AccountTx& tx, const StoredRun& run);
void save_charge(sql::AccountTx& tx, base::RunId run, const GrantShare& share);
void drop_charges(sql::AccountTx& tx, base::RunId run);
// With what it burned.
void drop_run(sql::AccountTx& tx, const StoredRun& run);

}  // namespace ledger
