#include "features/ledger/interval_union.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace ledger {

Interval proof_span(Interval proof, base::Micros min_proof) {
  return {proof.start, std::max(proof.end, proof.start + min_proof)};
}

bool joins(const Interval& a, const Interval& b, base::Micros idle_gap) {
  return a.start - b.end <= idle_gap && b.start - a.end <= idle_gap;
}

Interval hull(const Interval& a, const Interval& b) {
  return {std::min(a.start, b.start), std::max(a.end, b.end)};
}

base::Millis billed_time(const Interval& run) {
  return std::chrono::floor<base::Millis>(run.end - run.start);
}

std::vector<Interval> uncovered(const Interval& whole, std::span<const Interval> covered) {
  std::vector<Interval> parts;
  auto from = whole.start;
  for (const auto& piece : covered) {
    if (piece.end <= from) continue;
    if (piece.start >= whole.end) break;
    if (piece.start > from) parts.push_back({from, piece.start});
    from = piece.end;
  }
  if (from < whole.end) parts.push_back({from, whole.end});
  return parts;
}

Interval IntervalUnion::add(Interval span) {
  RL_CHECK(span.start < span.end, "an interval of use has a length");
  // Runs are sorted by start and by end alike, so the ones that join are one
  // stretch of the list.
  const auto first = std::ranges::partition_point(
      runs_, [&](const Interval& run) { return span.start - run.end > idle_gap_; });
  auto last = first;
  for (; last != runs_.end() && joins(*last, span, idle_gap_); ++last) span = hull(span, *last);
  if (first == last) {
    runs_.insert(first, span);
  } else {
    *first = span;
    runs_.erase(first + 1, last);
  }
  return span;
}

base::Millis IntervalUnion::billed() const {
  base::Millis sum{};
  for (const auto& run : runs_) sum += billed_time(run);
  return sum;
}

}  // namespace ledger
