#include "features/limits/gcra.hpp"

#include <optional>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace limits {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

base::Instant at_us(std::int64_t micros) {
  return base::from_micros(1'795'000'000'000'000 + micros);
}

struct Asked {
  std::int64_t at_us;
  std::int64_t cost;
};

// The oracle pours the whole history into a bucket again for every question, in exact fractions of
// a request: level * interval nanoseconds. It shares no formula with the rule.
class LeakyBucket {
 public:
  explicit LeakyBucket(Allowance allowance) : allowance_(allowance) {}
  [[nodiscard]] bool has_room(const Asked& asked) const {
    return level_before(asked.at_us) + asked.cost * interval() <= allowance_.count * interval();
  }
  void pour(const Asked& asked) { poured_.push_back(asked); }
  [[nodiscard]] std::int64_t whole_left(std::int64_t at) const {
    std::int64_t left = 0;
    while (has_room({at, left + 1})) ++left;
    return left;
  }

 private:
  [[nodiscard]] std::int64_t interval() const { return allowance_.interval.count(); }
  [[nodiscard]] std::int64_t level_before(std::int64_t at) const {
    std::int64_t level = 0;
    std::optional<std::int64_t> last;
    for (const auto& asked : poured_) {
      if (last) level = std::max<std::int64_t>(0, level - (asked.at_us - *last) * 1'000);
      level += asked.cost * interval();
      last = asked.at_us;
    }
    return last ? std::max<std::int64_t>(0, level - (at - *last) * 1'000) : 0;
  }
  Allowance allowance_;
  std::vector<Asked> poured_{};
};

std::vector<Allowance> any_allowances() {
  const auto number = *rc::gen::inRange<std::size_t>(1, 5);
  std::vector<Allowance> allowances;
  for (std::size_t i = 0; i < number; ++i)
    allowances.push_back(
        {*rc::gen::inRange<std::int64_t>(1, 30), seconds{*rc::gen::inRange<std::int64_t>(1, 100)}});
  return allowances;
}

std::vector<Asked> any_requests() {
  const auto steps = *rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::oneOf(rc::gen::just<std::int64_t>(0), rc::gen::inRange<std::int64_t>(0, 100'000),
                     rc::gen::inRange<std::int64_t>(0, 30'000'000)));
  std::vector<Asked> requests;
  std::int64_t at = 0;
  for (const auto step : steps) {
    at += step;
    requests.push_back({at, *rc::gen::inRange<std::int64_t>(1, 5)});
  }
  return requests;
}

RC_GTEST_PROP(Gcra, AgreesWithABucketThatReplaysItsWholeHistory, ()) {
  const auto allowances = any_allowances();
  std::vector<LeakyBucket> buckets(allowances.begin(), allowances.end());
  std::vector<std::int64_t> arrivals(allowances.size());
  for (const auto& asked : any_requests()) {
    const auto decision = decide(allowances, arrivals, asked.cost, at_us(asked.at_us));
    const bool room =
        std::ranges::all_of(buckets, [&](const auto& b) { return b.has_room(asked); });
    RC_ASSERT(decision.allowed == room);
    if (room)
      for (auto& bucket : buckets) bucket.pour(asked);
    std::int64_t left = INT64_MAX;
    for (const auto& bucket : buckets) left = std::min(left, bucket.whole_left(asked.at_us));
    RC_ASSERT(decision.remaining == left);
  }
}

RC_GTEST_PROP(Gcra, RetryAfterIsTheFirstInstantThatIsAllowed, ()) {
  const auto allowances = any_allowances();
  std::vector<std::int64_t> arrivals(allowances.size());
  for (const auto& asked : any_requests()) {
    const auto now = at_us(asked.at_us);
    const auto decision = decide(allowances, arrivals, asked.cost, now);
    if (decision.allowed) {
      RC_ASSERT(decision.retry_after == nanoseconds{0});
      continue;
    }
    const auto fits = std::ranges::all_of(
        allowances, [&](const Allowance& allowance) { return asked.cost <= allowance.count; });
    if (!fits) continue;
    const auto wait = std::chrono::ceil<std::chrono::microseconds>(decision.retry_after);
    RC_ASSERT(wait.count() > 0);
    auto copy = arrivals;
    RC_ASSERT(decide(allowances, copy, asked.cost, now + wait).allowed);
    copy = arrivals;
    RC_ASSERT(
        !decide(allowances, copy, asked.cost, now + wait - std::chrono::microseconds{1}).allowed);
  }
}

RC_GTEST_PROP(Gcra, NoStretchOfTimeGetsMoreThanTheCountAndItsRefill, ()) {
  const Allowance allowance{*rc::gen::inRange<std::int64_t>(1, 20),
                            seconds{*rc::gen::inRange<std::int64_t>(1, 50)}};
  std::vector<std::int64_t> arrivals(1);
  std::vector<std::int64_t> allowed;
  for (const auto& asked : any_requests())
    if (decide({&allowance, 1}, arrivals, 1, at_us(asked.at_us)).allowed)
      allowed.push_back(asked.at_us);
  for (std::size_t first = 0; first < allowed.size(); ++first)
    for (std::size_t last = first; last < allowed.size(); ++last) {
      const auto span_ns = (allowed[last] - allowed[first]) * 1'000;
      RC_ASSERT(static_cast<std::int64_t>(last - first) + 1 <=
                allowance.count + span_ns / allowance.interval.count());
    }
}

TEST(Gcra, ABurstOfExactlyTheCountPassesAlsoWhenTheWindowDoesNotDivide) {
  for (const std::int64_t count : {1, 3, 7, 49, 600, 999'983}) {
    const Allowance allowance{count, seconds{1}};
    std::vector<std::int64_t> arrivals(1);
    for (std::int64_t i = 0; i < count; ++i)
      ASSERT_TRUE(decide({&allowance, 1}, arrivals, 1, at_us(0)).allowed) << count << " " << i;
    EXPECT_FALSE(decide({&allowance, 1}, arrivals, 1, at_us(0)).allowed) << count;
  }
}

TEST(Gcra, ARefusalChargesNothingToAnyWindow) {
  const std::vector<Allowance> allowances = {{100, seconds{60}}, {1, seconds{3600}}};
  std::vector<std::int64_t> arrivals(2);
  EXPECT_TRUE(decide(allowances, arrivals, 1, at_us(0)).allowed);
  const auto before = arrivals;
  const auto decision = decide(allowances, arrivals, 1, at_us(0));
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.tightest, 1);
  EXPECT_EQ(decision.remaining, 0);
  EXPECT_EQ(decision.retry_after, seconds{3600});
  EXPECT_EQ(arrivals, before);
}

TEST(Gcra, ACostBeyondTheCountIsNeverAllowed) {
  const Allowance allowance{5, seconds{10}};
  std::vector<std::int64_t> arrivals(1);
  const auto decision = decide({&allowance, 1}, arrivals, 6, at_us(0));
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.retry_after, seconds{10});
  EXPECT_EQ(decision.remaining, 5);
}

TEST(Gcra, AClockSetBackLocksNobodyOutForLongerThanAWindow) {
  const Allowance allowance{1, seconds{10}};
  std::vector<std::int64_t> arrivals(1);
  EXPECT_TRUE(decide({&allowance, 1}, arrivals, 1, at_us(86'400'000'000)).allowed);
  const auto decision = decide({&allowance, 1}, arrivals, 1, at_us(0));
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.retry_after, seconds{10});
}

}  // namespace
}  // namespace limits
