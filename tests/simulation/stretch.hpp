// The auditor's own idea of billed time, written to be simple and not to be fast: put all proofs in
// a row, walk along, and see where the gaps are. Shares nothing with src/. Microseconds.
#pragma once

#include <cstdint>
#include <vector>

namespace simulation {

struct Stretch {
  std::int64_t start = 0;
  std::int64_t end = 0;
  bool operator==(const Stretch&) const = default;
};
using Stretches = std::vector<Stretch>;

// Sorted, disjoint, more than `gap` apart.
[[nodiscard]] Stretches close_gaps(Stretches proofs, std::int64_t gap);
// Whole milliseconds of each, added up.
[[nodiscard]] std::int64_t billed_ms(const Stretches& runs);
[[nodiscard]] bool holds(const Stretches& runs, const Stretch& piece);
// What of `whole` lies in none of `covered` (sorted, disjoint).
[[nodiscard]] Stretches left_over(const Stretch& whole, const Stretches& covered);
// The same as close_gaps, a bit a millisecond: for the test of the auditor itself. Whole
// milliseconds only.
[[nodiscard]] Stretches close_gaps_bit_by_bit(const Stretches& proofs, std::int64_t gap);

}  // namespace simulation
