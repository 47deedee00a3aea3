// What the stored runs of an account become when a snapshot of a live run is
// added. Pure rules.
#pragma once

#include <span>
#include <vector>

#include "features/ledger/run.hpp"

namespace ledger {

struct JoinedRun {
  StoredRun run;                     // billed, unbilled and grants are the sums of `joined`
  std::vector<StoredRun> joined;     // stored runs that are part of it, by start
  std::vector<base::RunId> absorbs;  // ids that end
  std::vector<Interval> uncovered;   // parts of the new span that no stored run holds
  base::Millis uncovered_time{};     // billed_time(new span) less that of `joined`
};

// `stored`: all runs of the account that end at snapshot.span.start -
// book.widest_gap() or later, by end. Runs of other lanes never join. A gap
// between two stretches is judged by the tariff of the earlier one: a run keeps
// the tariff it was opened with, and what is stored apart stays apart unless
// the snapshot itself lies between.
[[nodiscard]] JoinedRun join(const RunSnapshot& snapshot, std::span<const StoredRun> stored,
                             const TariffBook& book);

// Where charges have to be looked at again when use that begins at `from` comes
// in: the start of the earliest run that is still going then, or of one that
// overlaps such a run. `runs` by end.
[[nodiscard]] base::Instant reburn_start(base::Instant from, std::span<const StoredRun> runs);

}  // namespace ledger
