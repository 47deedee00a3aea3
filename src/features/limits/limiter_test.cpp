#include "features/limits/limiter.hpp"

#include <atomic>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "features/limits/concurrency.hpp"

namespace limits {
namespace {

const base::Instant kNow = base::from_micros(1'795'000'000'000'000);

AllowanceSet set_of(std::vector<std::string> texts) { return AllowanceSet::parse(texts).value(); }

Subject subject(std::uint64_t number) {
  return account_subject(Scope::work, base::AccountId{base::IdBits{number, number * 7919}});
}

struct LimiterTest : testing::Test {
  base::SeededRandom random{42};
  Limiter limiter{random, 4'096};
};

TEST_F(LimiterTest, SubjectsDoNotShareABucket) {
  const auto once = set_of({"1/hour"});
  EXPECT_TRUE(limiter.decide(subject(1), once, 1, kNow).allowed);
  EXPECT_FALSE(limiter.decide(subject(1), once, 1, kNow).allowed);
  EXPECT_TRUE(limiter.decide(subject(2), once, 1, kNow).allowed);
  EXPECT_EQ(limiter.stats().refused, 1U);
}

TEST_F(LimiterTest, TheAnonymousAllowanceOfTheRequirementHolds) {
  const auto anonymous = set_of({"50/hour", "200/day"});
  const auto who = address_subject(Scope::work, "192.0.2.1");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(limiter.decide(who, anonymous, 1, kNow).remaining, 49 - i);
  const auto refused = limiter.decide(who, anonymous, 1, kNow);
  EXPECT_FALSE(refused.allowed);
  EXPECT_TRUE(anonymous.header_lines(refused.tightest).ends_with("\nRateLimit: \"hour\""));
  EXPECT_EQ(refused.retry_after, std::chrono::seconds{72});
  const auto error = rate_limited(refused);
  EXPECT_EQ(error.code, base::ErrorCode::rate_limited);
  EXPECT_EQ(error.members.at(0).json, "72");
  // Every hour another 50, until the day's 200 are gone: its own refill is one in 432 s.
  std::int64_t allowed = 50;
  for (int hour = 1; hour <= 6; ++hour)
    for (int i = 0; i < 60; ++i)
      allowed += limiter.decide(who, anonymous, 1, kNow + std::chrono::hours{hour}).allowed ? 1 : 0;
  EXPECT_EQ(allowed, 200 + 6 * 3600 / 432);
}

TEST_F(LimiterTest, AnotherPlanStartsAFreshBucket) {
  const auto small = set_of({"1/hour"});
  const auto large = set_of({"3/hour"});
  EXPECT_TRUE(limiter.decide(subject(1), small, 1, kNow).allowed);
  EXPECT_FALSE(limiter.decide(subject(1), small, 1, kNow).allowed);
  EXPECT_EQ(limiter.decide(subject(1), large, 1, kNow).remaining, 2);
}

TEST_F(LimiterTest, WithoutAllowancesEverythingPasses) {
  const auto decision = limiter.decide(subject(1), AllowanceSet{}, 1, kNow);
  EXPECT_TRUE(decision.allowed);
  EXPECT_EQ(decision.remaining, std::numeric_limits<std::int64_t>::max());
}

TEST_F(LimiterTest, WhoIsLimitedStaysKnownWhileManyOthersComeByOnce) {
  const auto some = set_of({"10/hour"});
  while (limiter.decide(subject(1), some, 1, kNow).allowed) {
  }
  for (std::uint64_t i = 2; i < 100'000; ++i)
    static_cast<void>(limiter.decide(subject(i), some, 1, kNow));
  EXPECT_FALSE(limiter.decide(subject(1), some, 1, kNow).allowed);
  EXPECT_GT(limiter.stats().forgotten, 0U);
}

TEST_F(LimiterTest, SubjectsWhoseBucketsAreFullMakeRoomWithoutLoss) {
  const auto once = set_of({"1/second"});
  for (std::uint64_t i = 0; i < 50'000; ++i)
    static_cast<void>(limiter.decide(
        subject(i), once, 1, kNow + std::chrono::seconds{2 * static_cast<std::int64_t>(i)}));
  EXPECT_EQ(limiter.stats().forgotten, 0U);
}

TEST_F(LimiterTest, ThreadsTogetherGetExactlyTheCount) {
  const auto thousand = set_of({"1000/hour"});
  std::atomic<int> allowed = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i)
          if (limiter.decide(subject(1), thousand, 1, kNow).allowed) ++allowed;
      });
  }
  EXPECT_EQ(allowed, 1'000);
}

TEST(WholeSeconds, RoundsUp) {
  EXPECT_EQ(whole_seconds(std::chrono::nanoseconds{0}), 0);
  EXPECT_EQ(whole_seconds(std::chrono::nanoseconds{1}), 1);
  EXPECT_EQ(whole_seconds(std::chrono::seconds{2}), 2);
}

TEST(ConcurrencyLimiter, AllowsAsManyAsThePlanSaysAndTakesPlacesBack) {
  ConcurrencyLimiter limiter;
  const base::AccountId ada{base::IdBits{1, 1}};
  const base::AccountId bob{base::IdBits{2, 2}};
  auto first = limiter.acquire(ada, 2);
  {
    const auto second = limiter.acquire(ada, 2);
    ASSERT_TRUE(first);
    ASSERT_TRUE(second);
    const auto third = limiter.acquire(ada, 2);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().reason, "too_many_queries");
    EXPECT_TRUE(limiter.acquire(bob, 2));
    EXPECT_EQ(limiter.running(ada), 2);
  }
  EXPECT_EQ(limiter.running(ada), 1);
  const auto moved = std::move(*first);
  EXPECT_EQ(limiter.running(ada), 1);
  EXPECT_EQ(limiter.running(bob), 0);
}

TEST(ConcurrencyLimiter, APermitMayOutliveTheLimiter) {
  const base::AccountId ada{base::IdBits{1, 1}};
  std::optional<ConcurrencyLimiter::Permit> permit;
  {
    ConcurrencyLimiter limiter;
    permit.emplace(limiter.acquire(ada, 1).value());
  }
  permit.reset();
}

TEST(Limiter, PeekingSaysWhatDecidingWouldAndChargesNothing) {
  base::SeededRandom random(1);
  Limiter limiter(random);
  const std::vector<std::string> texts{"2/minute"};
  const auto allowances = AllowanceSet::parse(texts).value();
  const auto subject = text_subject(Scope::failed, "someone");
  const auto now = base::from_micros(1'000'000'000'000);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.peek(subject, allowances, 1, now).allowed);
  EXPECT_TRUE(limiter.decide(subject, allowances, 1, now).allowed);
  EXPECT_TRUE(limiter.decide(subject, allowances, 1, now).allowed);
  EXPECT_FALSE(limiter.peek(subject, allowances, 1, now).allowed);
  EXPECT_FALSE(limiter.decide(subject, allowances, 1, now).allowed);
}

}  // namespace
}  // namespace limits
