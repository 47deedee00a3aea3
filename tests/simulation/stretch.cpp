#include "stretch.hpp"

#include <algorithm>

namespace simulation {

Stretches close_gaps(Stretches proofs, std::int64_t gap) {
  std::ranges::sort(proofs, {}, &Stretch::start);
  Stretches runs;
  for (const auto& proof : proofs) {
    if (runs.empty() || proof.start - runs.back().end > gap)
      runs.push_back(proof);
    else
      runs.back().end = std::max(runs.back().end, proof.end);
  }
  return runs;
}

std::int64_t billed_ms(const Stretches& runs) {
  std::int64_t sum = 0;
  for (const auto& run : runs) sum += (run.end - run.start) / 1'000;
  return sum;
}

bool holds(const Stretches& runs, const Stretch& piece) {
  return std::ranges::any_of(
      runs, [&](const Stretch& run) { return run.start <= piece.start && piece.end <= run.end; });
}

Stretches left_over(const Stretch& whole, const Stretches& covered) {
  Stretches left;
  auto from = whole.start;
  for (const auto& piece : covered) {
    if (piece.end <= whole.start || piece.start >= whole.end) continue;
    if (piece.start > from) left.push_back({from, piece.start});
    from = std::max(from, piece.end);
  }
  if (from < whole.end) left.push_back({from, whole.end});
  return left;
}

Stretches close_gaps_bit_by_bit(const Stretches& proofs, std::int64_t gap) {
  std::int64_t last = 0;
  for (const auto& proof : proofs) last = std::max(last, proof.end / 1'000);
  std::vector<bool> used(static_cast<std::size_t>(last));
  for (const auto& proof : proofs)
    for (auto ms = proof.start / 1'000; ms < proof.end / 1'000; ++ms)
      used[static_cast<std::size_t>(ms)] = true;
  Stretches runs;
  for (std::int64_t ms = 0; ms < last; ++ms) {
    if (!used[static_cast<std::size_t>(ms)]) continue;
    if (runs.empty() || ms * 1'000 - runs.back().end > gap)
      runs.push_back({ms * 1'000, (ms + 1) * 1'000});
    else
      runs.back().end = (ms + 1) * 1'000;
  }
  return runs;
}

}  // namespace simulation
