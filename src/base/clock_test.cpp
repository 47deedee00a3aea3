#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

// D17: the wall clock is looked at once; its later steps (an hour of DST, NTP, an operator) change
// nothing for a process that runs.
TEST(UtcAnchor, FollowsTheMonotonicClockWhateverTheWallClockDoes) {
  Instant wall = from_micros(1'767'225'600'000'000);
  Micros monotonic{5'000'000};
  const UtcAnchor anchor(wall, monotonic);
  const auto start = wall;
  for (const auto step : {std::chrono::hours{1}, std::chrono::hours{-1}, std::chrono::hours{24}}) {
    monotonic += Micros{1'500'000};
    wall += Micros{1'500'000} + step;
    EXPECT_EQ(anchor.utc_at(monotonic) - start, monotonic - Micros{5'000'000});
  }
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  auto last = clock.now();
  for (int i = 0; i < 10'000; ++i) {
    const auto now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace base
