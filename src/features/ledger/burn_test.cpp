#include "features/ledger/burn.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ledger {
namespace {

base::Instant at(std::int64_t ms) { return base::from_micros(ms * 1000); }
Interval span(std::int64_t start_ms, std::int64_t end_ms) { return {at(start_ms), at(end_ms)}; }

StoredGrant grant(std::uint64_t number, std::int64_t amount_ms) {
  StoredGrant made;
  made.id = base::GrantId{{number, number}};
  made.issued = made.available = base::Millis{amount_ms};
  made.issued_at = at(0);
  return made;
}

std::vector<std::pair<std::uint64_t, std::int64_t>> shares_of(const Burned& burned) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> shares;
  for (const auto& share : burned.shares)
    shares.emplace_back(share.grant.bits().low, share.amount.count());
  return shares;
}

Burned burn_one(const std::vector<Interval>& pieces, std::int64_t total_ms,
                std::vector<StoredGrant>& grants) {
  const Use use{.pieces = pieces, .total = base::Millis{total_ms}};
  return burn({&use, 1}, grants).front();
}

using Shares = std::vector<std::pair<std::uint64_t, std::int64_t>>;

TEST(Burn, LowestPriorityThenEarliestExpiryThenOldestBurnsFirst) {
  std::vector<StoredGrant> grants{grant(1, 100), grant(2, 100), grant(3, 100), grant(4, 100)};
  grants[0].issued_at = at(-5);
  grants[1].expires_at = at(1'000'000);
  grants[2].expires_at = at(900'000);
  grants[3].priority = 10;
  const std::vector pieces{span(0, 350)};
  const auto burned = burn_one(pieces, 350, grants);
  EXPECT_EQ(shares_of(burned), (Shares{{4, 100}, {3, 100}, {2, 100}, {1, 50}}));
  EXPECT_EQ(burned.unbilled.count(), 0);
}

// D22: an expiry is enforced.
TEST(Burn, AGrantPaysOnlyForTimeBeforeItsExpiry) {
  std::vector<StoredGrant> grants{grant(1, 1000), grant(2, 1000)};
  grants[0].expires_at = at(400);
  const std::vector pieces{span(300, 500)};
  EXPECT_EQ(shares_of(burn_one(pieces, 200, grants)), (Shares{{1, 100}, {2, 100}}));
}

TEST(Burn, TimeUsedBeforeAGrantWasIssuedIsNotItsBusiness) {
  std::vector<StoredGrant> grants{grant(1, 1000)};
  grants[0].issued_at = at(100);
  const std::vector pieces{span(0, 300)};
  const auto burned = burn_one(pieces, 300, grants);
  EXPECT_EQ(shares_of(burned), (Shares{{1, 200}}));
  EXPECT_EQ(burned.unbilled.count(), 100);
  EXPECT_EQ(burned.reason, UnbilledReason::no_grant);
}

TEST(Burn, WhatNoGrantCoversIsUnbilledNeverADebt) {
  std::vector<StoredGrant> grants{grant(1, 70)};
  const std::vector pieces{span(0, 100)};
  const auto burned = burn_one(pieces, 100, grants);
  EXPECT_EQ(shares_of(burned), (Shares{{1, 70}}));
  EXPECT_EQ(burned.unbilled.count(), 30);
  EXPECT_EQ(burned.reason, UnbilledReason::hours_exhausted);
  EXPECT_EQ(grants[0].available.count(), 0);
}

RC_GTEST_PROP(BurnProperty, SharesAndUnbilledAddUpAndNoGrantGoesBelowZero, ()) {
  std::vector<StoredGrant> grants;
  const auto count = *rc::gen::inRange<std::uint64_t>(0, 5);
  base::Millis before{};
  for (std::uint64_t i = 1; i <= count; ++i) {
    auto made = grant(i, *rc::gen::inRange<std::int64_t>(1, 500));
    made.priority = *rc::gen::inRange(0, 3);
    made.issued_at = base::from_micros(*rc::gen::inRange<std::int64_t>(0, 500'000));
    if (*rc::gen::arbitrary<bool>())
      made.expires_at = made.issued_at + base::Micros{*rc::gen::inRange<std::int64_t>(1, 900'000)};
    before += made.available;
    grants.push_back(made);
  }
  const auto start = *rc::gen::inRange<std::int64_t>(0, 300'000);
  const std::vector pieces{
      Interval{base::from_micros(start), base::from_micros(start + 250'123)},
      Interval{base::from_micros(start + 300'001), base::from_micros(start + 500'777)}};
  const base::Millis total{450};  // 250.123 + 200.776 ms
  const auto burned = burn_one(pieces, total.count(), grants);
  base::Millis shared{};
  base::Millis left{};
  for (const auto& share : burned.shares) shared += share.amount;
  for (const auto& each : grants) {
    left += each.available;
    RC_ASSERT(each.available.count() >= 0);
  }
  RC_ASSERT(shared + burned.unbilled == total);
  RC_ASSERT(before - left == shared);
}

// D22 the other way round: what was there when it was used pays, although it
// has been swept since.
TEST(Burn, TimeThatExpiredSinceStillPaysForUseBefore) {
  std::vector<StoredGrant> grants{grant(1, 0), grant(2, 1000)};
  grants[0].expired = base::Millis{1000};
  grants[0].expires_at = at(400);
  const std::vector pieces{span(300, 500)};
  EXPECT_EQ(shares_of(burn_one(pieces, 200, grants)), (Shares{{1, 100}, {2, 100}}));
  EXPECT_EQ(grants[0].expired.count(), 900);
  EXPECT_EQ(grants[0].available.count(), 0);
}

TEST(Burn, MembersSideBySideTakeTurnsMillisecondByMillisecond) {
  std::vector<StoredGrant> grants{grant(1, 151)};
  const std::vector uses{Use{.pieces = {span(0, 100)}, .total = base::Millis{100}},
                         Use{.pieces = {span(0, 100)}, .total = base::Millis{100}}};
  const auto burned = burn(uses, grants);
  EXPECT_EQ(burned[0].billed().count(), 76);
  EXPECT_EQ(burned[1].billed().count(), 75);
  EXPECT_EQ(burned[0].unbilled.count() + burned[1].unbilled.count(), 49);
}

TEST(Burn, AUseIsNeverChargedMoreThanItsCap) {
  std::vector<StoredGrant> grants{grant(1, 1000)};
  const Use use{.pieces = {span(0, 100)}, .total = base::Millis{100}, .most = base::Millis{30}};
  const auto burned = burn({&use, 1}, grants).front();
  EXPECT_EQ(burned.billed().count(), 30);
  EXPECT_EQ(burned.unbilled.count(), 70);
}

// The oracle: every millisecond of every use on its own, in order of time, then
// of the uses.
struct Paid {
  std::map<std::uint64_t, std::int64_t> by_grant;
  std::int64_t unbilled = 0;
  UnbilledReason reason = UnbilledReason::none;
  bool operator==(const Paid&) const = default;
};

std::vector<Paid> pay_by_millisecond(const std::vector<Use>& uses, std::vector<StoredGrant> grants,
                                     std::int64_t last_ms) {
  std::ranges::sort(grants, burns_before);
  std::vector<Paid> paid(uses.size());
  for (std::int64_t ms = 0; ms < last_ms; ++ms)
    for (std::size_t i = 0; i < uses.size(); ++i) {
      const auto used = std::ranges::any_of(uses[i].pieces, [&](const Interval& piece) {
        return piece.start <= at(ms) && at(ms) < piece.end;
      });
      if (!used) continue;
      bool valid = false;
      const auto payer = std::ranges::find_if(grants, [&](const StoredGrant& one) {
        const bool counts =
            one.issued_at <= at(ms) && (!one.expires_at || at(ms) < *one.expires_at);
        valid = valid || counts;
        return counts && (one.available + one.expired).count() > 0;
      });
      if (payer == grants.end()) {
        ++paid[i].unbilled;
        paid[i].reason = std::max(
            paid[i].reason, valid ? UnbilledReason::hours_exhausted : UnbilledReason::no_grant);
        continue;
      }
      ++paid[i].by_grant[payer->id.bits().low];
      --(payer->available.count() > 0 ? payer->available : payer->expired);
    }
  return paid;
}

RC_GTEST_PROP(BurnProperty, AgreesWithOneMillisecondAtATime, ()) {
  std::vector<StoredGrant> grants;
  const auto count = *rc::gen::inRange<std::uint64_t>(0, 6);
  for (std::uint64_t i = 1; i <= count; ++i) {
    auto made = grant(i, *rc::gen::inRange<std::int64_t>(0, 60));
    made.priority = *rc::gen::inRange(0, 3);
    made.issued_at = at(*rc::gen::inRange<std::int64_t>(0, 60));
    if (*rc::gen::arbitrary<bool>()) {
      made.expires_at = made.issued_at + base::Millis{*rc::gen::inRange<std::int64_t>(1, 60)};
      made.expired = base::Millis{*rc::gen::inRange<std::int64_t>(0, 20)};
    }
    grants.push_back(made);
  }
  std::vector<Use> uses(*rc::gen::inRange<std::size_t>(1, 4));
  for (auto& use : uses) {
    std::int64_t from = *rc::gen::inRange<std::int64_t>(0, 40);
    for (auto pieces = *rc::gen::inRange(1, 4); pieces > 0; --pieces) {
      const auto to = from + *rc::gen::inRange<std::int64_t>(1, 30);
      use.pieces.push_back(span(from, to));
      use.total += base::Millis{to - from};
      from = to + *rc::gen::inRange<std::int64_t>(1, 20);
    }
  }
  const auto expected = pay_by_millisecond(uses, grants, 250);
  const auto burned = burn(uses, grants);
  for (std::size_t i = 0; i < uses.size(); ++i) {
    Paid found{{}, burned[i].unbilled.count(), burned[i].reason};
    for (const auto& share : burned[i].shares)
      found.by_grant[share.grant.bits().low] = share.amount.count();
    RC_ASSERT(found == expected[i]);
  }
}

}  // namespace
}  // namespace ledger
