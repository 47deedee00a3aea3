// The algebra of billed time: half-open intervals of UTC microseconds, joined
// wherever the gap between them is at most `idle_gap`. Pure values; the result
// depends on the set of intervals only, never on their order or repetition.
#pragma once

#include <span>
#include <vector>

#include "base/time.hpp"

namespace ledger {

// [start, end). Empty or reversed intervals are the caller's mistake (RL_CHECK
// in IntervalUnion).
struct Interval {
  base::Instant start;
  base::Instant end;
  auto operator<=>(const Interval&) const = default;
};

// What a proof counts for: [start, max(end, start + min_proof)).
[[nodiscard]] Interval proof_span(Interval proof, base::Micros min_proof);

// True when the two belong to one run: they overlap, touch, or the gap is at
// most `idle_gap`.
[[nodiscard]] bool joins(const Interval& a, const Interval& b, base::Micros idle_gap);

// The smallest interval that holds both.
[[nodiscard]] Interval hull(const Interval& a, const Interval& b);

// Billed time of one run: its length in microseconds, rounded down to
// milliseconds.
[[nodiscard]] base::Millis billed_time(const Interval& run);

// The parts of `whole` that no interval of `covered` holds, in order. `covered`
// is sorted and disjoint.
[[nodiscard]] std::vector<Interval> uncovered(const Interval& whole,
                                              std::span<const Interval> covered);

// The closed union of the intervals added so far. One thread; O(log n + runs
// joined) an add.
class IntervalUnion {
 public:
  explicit IntervalUnion(base::Micros idle_gap) : idle_gap_(idle_gap) {}
  // Returns the run that now holds `span`.
  Interval add(Interval span);
  // Sorted, disjoint, more than idle_gap apart.
  [[nodiscard]] std::span<const Interval> runs() const { return runs_; }
  // Sum of billed_time() over the runs.
  [[nodiscard]] base::Millis billed() const;

 private:
  base::Micros idle_gap_;
  std::vector<Interval> runs_;
};

}  // namespace ledger
