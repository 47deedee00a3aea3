// Clock is passed in; a rule takes `now` instead. UTC is anchored once to the monotonic clock, so a
// step of the wall clock (NTP, DST, an operator) neither bills nor refunds.
#pragma once

#include <atomic>

#include "base/time.hpp"

namespace base {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

// UTC that follows the monotonic clock: the wall clock is looked at once, when this is made.
class UtcAnchor {
 public:
  UtcAnchor(Instant wall_now, Micros monotonic_now)
      : utc_minus_monotonic_(wall_now.time_since_epoch() - monotonic_now) {}
  [[nodiscard]] Instant utc_at(Micros monotonic) const {
    return Instant{monotonic + utc_minus_monotonic_};
  }

 private:
  Micros utc_minus_monotonic_;
};

// Thread-safe; strictly follows CLOCK_MONOTONIC from the moment it was made.
class SystemClock final : public Clock {
 public:
  SystemClock();
  [[nodiscard]] Instant now() const override;

 private:
  UtcAnchor anchor_;
};

// Stands still until advanced. Thread-safe.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(Instant start) : micros_(to_micros(start)) {}
  [[nodiscard]] Instant now() const override { return from_micros(micros_.load()); }
  void advance(Micros by) { micros_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> micros_;
};

}  // namespace base
