// The generic cell rate algorithm: a bucket of `count` that refills evenly over `window`, kept as
// one number: the theoretical arrival time (nanoseconds since 1970), when the bucket is full again.
// Pure: no clock, no state of its own. A fresh subject has 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "features/limits/allowance.hpp"

namespace limits {

struct Decision {
  bool allowed = true;
  std::uint8_t tightest = 0;               // index of the allowance that the numbers are of
  std::int64_t remaining = 0;              // requests of cost 1 still possible at once
  std::chrono::nanoseconds retry_after{};  // 0 when allowed: then the same request is allowed
  std::chrono::nanoseconds reset{};        // until the bucket is full
};

// One bucket at one instant. `cost` >= 1; a cost over `count` is never allowed (retry_after: the
// window).
class Gcra {
 public:
  Gcra(const Allowance& allowance, std::int64_t arrival_ns, std::int64_t now_ns)
      : interval_(allowance.interval.count()),
        count_(allowance.count),
        now_(now_ns),
        // A clock that was set back must not lock a subject out for longer than a full window.
        arrival_(std::clamp(arrival_ns, now_ns, now_ns + interval_ * count_)) {}

  [[nodiscard]] std::int64_t remaining() const {
    return (interval_ * count_ - (arrival_ - now_)) / interval_;
  }
  [[nodiscard]] std::int64_t wait_for(std::int64_t cost) const {
    if (cost > count_) return interval_ * count_;
    return std::max<std::int64_t>(0, arrival_ + cost * interval_ - now_ - interval_ * count_);
  }
  [[nodiscard]] bool allows(std::int64_t cost) const {
    return cost <= count_ && wait_for(cost) == 0;
  }
  void charge(std::int64_t cost) { arrival_ += cost * interval_; }
  [[nodiscard]] std::int64_t arrival() const { return arrival_; }
  [[nodiscard]] std::int64_t until_full() const { return arrival_ - now_; }

 private:
  std::int64_t interval_;
  std::int64_t count_;
  std::int64_t now_;
  std::int64_t arrival_;
};

// All allowances together: allowed when each allows, and only then anything is charged. `arrivals`
// has one number per allowance and is updated.
[[nodiscard]] Decision decide(std::span<const Allowance> allowances,
                              std::span<std::int64_t> arrivals, std::int64_t cost,
                              base::Instant now);

}  // namespace limits
