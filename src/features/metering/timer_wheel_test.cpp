#include "features/metering/timer_wheel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

namespace metering {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const base::Instant kStart = base::from_micros(1'767'225'600'000'000);

std::vector<TimerWheel::Key> due_at(TimerWheel& wheel, base::Instant now) {
  std::vector<TimerWheel::Key> due;
  wheel.advance(now, due);
  return due;
}

TEST(TimerWheel, FiresAtItsInstantAndNotAMicrosecondBefore) {
  TimerWheel wheel;
  due_at(wheel, kStart);
  wheel.schedule(3, kStart + seconds{5});
  EXPECT_THAT(due_at(wheel, kStart + seconds{5} - base::Micros{1}), IsEmpty());
  EXPECT_THAT(due_at(wheel, kStart + seconds{5}), ElementsAre(3U));
  EXPECT_THAT(due_at(wheel, kStart + seconds{500}), IsEmpty());
}

TEST(TimerWheel, KeepsDeadlinesOfManyTurnsAhead) {
  TimerWheel wheel;
  due_at(wheel, kStart);
  wheel.schedule(0, kStart + hours{30});
  for (int minute = 0; minute < 1'799; ++minute)
    ASSERT_THAT(due_at(wheel, kStart + std::chrono::minutes{minute}), IsEmpty());
  EXPECT_THAT(due_at(wheel, kStart + hours{30}), ElementsAre(0U));
}

TEST(TimerWheel, OneKeyHasOneDeadline) {
  TimerWheel wheel;
  due_at(wheel, kStart);
  wheel.schedule(1, kStart + seconds{1});
  wheel.schedule(1, kStart + seconds{9});
  EXPECT_THAT(due_at(wheel, kStart + seconds{8}), IsEmpty());
  wheel.schedule(1, kStart + seconds{2});  // in the past: due at once
  EXPECT_THAT(due_at(wheel, kStart + seconds{8}), ElementsAre(1U));
}

TEST(TimerWheel, ACancelledKeyNeverFires) {
  TimerWheel wheel;
  due_at(wheel, kStart);
  for (TimerWheel::Key key = 0; key < 3; ++key) wheel.schedule(key, kStart + seconds{1});
  wheel.cancel(1);
  wheel.cancel(1);
  wheel.cancel(77);
  EXPECT_THAT(due_at(wheel, kStart + seconds{1}), UnorderedElementsAre(0U, 2U));
}

TEST(TimerWheel, AgreesWithASortedMapUnderRandomUse) {
  rc::check([] {
    TimerWheel wheel;
    std::map<TimerWheel::Key, base::Instant> model;
    auto now = kStart;
    due_at(wheel, now);
    const auto steps = *rc::gen::inRange(1, 120);
    for (int step = 0; step < steps; ++step) {
      const auto key = *rc::gen::inRange<TimerWheel::Key>(0, 20);
      const auto delay = base::Micros{*rc::gen::inRange<std::int64_t>(-1'000, 30'000'000)};
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
        case 1:
          wheel.schedule(key, now + delay);
          model[key] = now + delay;
          break;
        case 2:
          wheel.cancel(key);
          model.erase(key);
          break;
        default:
          now += std::max(base::Micros{0}, delay);
          auto due = due_at(wheel, now);
          std::vector<TimerWheel::Key> expected;
          for (const auto& [each, at] : model)
            if (at <= now) expected.push_back(each);
          for (const auto each : expected) model.erase(each);
          std::ranges::sort(due);
          RC_ASSERT(due == expected);
      }
    }
  });
}

}  // namespace
}  // namespace metering
