#include "features/ledger/known_account.hpp"

#include <algorithm>
#include <tuple>

#include "features/ledger/run_store.hpp"

namespace ledger {

KnownAccount& know_account(Poster& poster, sql::AccountTx& tx, base::Instant from) {
  auto& known = poster.account(tx.account());
  if (known.from <= from) return known;
  known.runs = list_runs_ending_from(tx, from);
  known.from = from;
  known.counted = {};
  return known;
}

void forget_runs(KnownAccount& known) {
  known.runs = {};
  known.from = base::Instant::max();
  known.counted = {};
}

void replace_runs(KnownAccount& known, const std::vector<StoredRun>& joined, const StoredRun& run) {
  if (known.runs.size() == 1 && joined.size() == 1 && joined.front().id == known.runs.front().id) {
    known.runs.front() = run;
    return;
  }
  std::erase_if(known.runs, [&](const StoredRun& one) {
    return std::ranges::find(joined, one.id, &StoredRun::id) != joined.end();
  });
  const auto place = std::ranges::find_if(known.runs, [&](const StoredRun& one) {
    return std::tuple{one.span.end, one.id} > std::tuple{run.span.end, run.id};
  });
  known.runs.insert(place, run);
}

}  // namespace ledger
