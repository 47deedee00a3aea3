#include "base/clock.hpp"

namespace base {
namespace {

Micros monotonic_now() {
  return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

SystemClock::SystemClock()
    : anchor_(std::chrono::floor<Micros>(std::chrono::system_clock::now()), monotonic_now()) {}

Instant SystemClock::now() const { return anchor_.utc_at(monotonic_now()); }

}  // namespace base
