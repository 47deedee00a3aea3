#include "base/timers.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Simulated {
  SimulatedClock clock{from_micros(1'000'000)};
  SimulatedTimers timers{clock};
  ManualExecutor executor;
};

TEST(SimulatedTimers, FireInOrderAtTheirInstants) {
  Simulated sim;
  std::vector<int> fired;
  const auto start = sim.clock.now();
  sim.timers.at(start + seconds{2}, sim.executor, [&] { fired.push_back(2); });
  sim.timers.at(start + seconds{1}, sim.executor, [&] { fired.push_back(1); });
  sim.timers.at(start + seconds{2}, sim.executor, [&] { fired.push_back(3); });
  sim.timers.advance(milliseconds{999});
  EXPECT_FALSE(sim.executor.run_ready());
  sim.timers.advance(milliseconds{1});
  sim.executor.run_ready();
  EXPECT_EQ(fired, std::vector<int>{1});
  sim.timers.advance(seconds{10});
  sim.executor.run_ready();
  EXPECT_EQ(fired, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(sim.clock.now(), start + seconds{11});
}

TEST(SimulatedTimers, ACancelledTimerNeverFires) {
  Simulated sim;
  bool fired = false;
  const auto id = sim.timers.at(sim.clock.now() + seconds{1}, sim.executor, [&] { fired = true; });
  EXPECT_TRUE(sim.timers.cancel(id));
  EXPECT_FALSE(sim.timers.cancel(id));
  sim.timers.advance(seconds{2});
  sim.executor.run_ready();
  EXPECT_FALSE(fired);
}

TEST(SimulatedTimers, ATimerInThePastFiresAtOnceAndTheClockStays) {
  Simulated sim;
  const auto start = sim.clock.now();
  bool fired = false;
  sim.timers.at(start - seconds{1}, sim.executor, [&] { fired = true; });
  sim.timers.advance(seconds{0});
  sim.executor.run_ready();
  EXPECT_TRUE(fired);
  EXPECT_EQ(sim.clock.now(), start);
}

Task<void> wake(Timers& timers, Instant when, bool& woke) {
  co_await sleep_until(timers, when);
  woke = true;
}

TEST(SleepUntil, ResumesOnTheExecutorAfterTheInstant) {
  Simulated sim;
  bool woke = false;
  const auto when = sim.clock.now() + seconds{3};
  sim.executor.post([&] { start(wake(sim.timers, when, woke)); });
  sim.executor.run_ready();
  sim.timers.advance(seconds{2});
  while (sim.executor.run_ready()) {
  }
  EXPECT_FALSE(woke);
  sim.timers.advance(seconds{1});
  while (sim.executor.run_ready()) {
  }
  EXPECT_TRUE(woke);
}

TEST(ThreadTimers, FireNotBeforeTheirInstantAndInOrder) {
  const SystemClock clock;
  ThreadTimers timers(clock);
  ManualExecutor executor;
  std::vector<int> fired;
  const auto start = clock.now();
  timers.at(start + milliseconds{40}, executor, [&] { fired.push_back(2); });
  timers.at(start + milliseconds{20}, executor, [&] { fired.push_back(1); });
  while (fired.size() < 2) executor.run_one();
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
  EXPECT_GE(clock.now(), start + milliseconds{40});
}

TEST(ThreadTimers, CancelTellsWhetherItWasInTime) {
  const SystemClock clock;
  ThreadTimers timers(clock);
  ManualExecutor executor;
  const auto late = timers.at(clock.now() + seconds{3600}, executor, [] { FAIL(); });
  EXPECT_TRUE(timers.cancel(late));
  bool fired = false;
  const auto soon = timers.at(clock.now(), executor, [&] { fired = true; });
  executor.run_one();
  EXPECT_TRUE(fired);
  EXPECT_FALSE(timers.cancel(soon));
}

TEST(ThreadTimers, DestructionDropsWhatIsPending) {
  const SystemClock clock;
  ManualExecutor executor;
  auto held = std::make_shared<int>(1);
  {
    ThreadTimers timers(clock);
    timers.at(clock.now() + seconds{3600}, executor, [held] {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace base
