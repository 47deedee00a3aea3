// Which charges a settlement makes. Use that comes in late may have been paid
// by a grant that later use burned meanwhile; then the later runs are charged
// anew, so that the outcome is the one of all use in its own order of time.
#pragma once

#include <vector>

#include "features/ledger/burn.hpp"
#include "features/ledger/purse.hpp"
#include "features/ledger/run_join.hpp"
#include "sql/database.hpp"

namespace ledger {

// How the charges of one stored run change.
struct ChargeChange {
  StoredRun run;                  // as it is afterwards, but for run.grants
  std::vector<GrantShare> back;   // given back; positive amounts
  std::vector<GrantShare> taken;  // charged; positive amounts
  base::Millis unbilled{};        // added to run.unbilled; already in it
};

struct ChargePlan {
  ChargeChange joined;               // of the run that the snapshot is part of
  std::vector<ChargeChange> others;  // runs that change too; only those
  std::vector<base::GrantId> swept;  // grants whose time was moved to `expired`, wholly or in part
};

// Brings run.grants up to date.
void apply_shares(ChargeChange& change);
// `runs`: what list_runs_ending_from(snapshot's start - widest gap) gave.
[[nodiscard]] ChargePlan plan_charges(sql::AccountTx& tx, const Purse& purse,
                                      const JoinedRun& joined, std::span<const StoredRun> runs);

}  // namespace ledger
