#include "features/workspace/disk_lane.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace workspace {
namespace {

// An upload wrote on after its store was gone, when the server ended at that moment.
TEST(DiskLane, WhatWasPostedHasRunWhenItStops) {
  constexpr int kWork = 50;
  std::latch first(1);
  std::atomic<int> done = 0;
  DiskLane lane;
  lane.post([&] { first.wait(); });
  lane.post([&] { first.wait(); });
  for (int i = 0; i < kWork; ++i) lane.post([&] { ++done; });
  EXPECT_EQ(done, 0);
  first.count_down();
  lane.stop();
  EXPECT_EQ(done, kWork);
}

TEST(DiskLane, WhatIsPostedAfterTheStopRunsAtOnce) {
  DiskLane lane;
  lane.stop();
  lane.stop();
  const auto poster = std::this_thread::get_id();
  std::thread::id runner;
  lane.post([&] { runner = std::this_thread::get_id(); });
  EXPECT_EQ(runner, poster);
}

}  // namespace
}  // namespace workspace
