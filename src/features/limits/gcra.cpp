#include "features/limits/gcra.hpp"

#include <limits>

namespace limits {

Decision decide(std::span<const Allowance> allowances, std::span<std::int64_t> arrivals,
                std::int64_t cost, base::Instant now) {
  const auto now_ns = std::chrono::nanoseconds{now.time_since_epoch()}.count();
  Decision decision;
  std::int64_t wait = 0;
  for (std::size_t i = 0; i < allowances.size(); ++i) {
    const Gcra bucket(allowances[i], arrivals[i], now_ns);
    decision.allowed = decision.allowed && bucket.allows(cost);
    wait = std::max(wait, bucket.wait_for(cost));
  }
  decision.retry_after = std::chrono::nanoseconds{decision.allowed ? 0 : wait};
  decision.remaining = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < allowances.size(); ++i) {
    Gcra bucket(allowances[i], arrivals[i], now_ns);
    if (decision.allowed) {
      bucket.charge(cost);
      arrivals[i] = bucket.arrival();
    }
    const auto remaining = bucket.remaining();
    if (remaining >= decision.remaining) continue;
    decision.remaining = remaining;
    decision.reset = std::chrono::nanoseconds{bucket.until_full()};
    decision.tightest = static_cast<std::uint8_t>(i);
  }
  return decision;
}

}  // namespace limits
