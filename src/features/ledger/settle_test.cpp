#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/ledger/ledger_fixture.hpp"

namespace ledger {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SettleTest : public ::testing::Test {
 protected:
  void TearDown() override {
    const auto report = ledger_.verify();
    EXPECT_TRUE(report.ok) << ::testing::PrintToString(report.faults);
  }
  LedgerFixture ledger_;
  base::AccountId account_ = ledger_.new_account();
  // Grants pay only for time after they were issued.
  std::int64_t t0_ = 1'000'000;
  RunSnapshot span(std::int64_t start_ms, std::int64_t end_ms) {
    return ledger_.snapshot(account_, t0_ + start_ms, t0_ + end_ms);
  }
};

TEST_F(SettleTest, ARunIsChargedToTheMillisecond) {
  ASSERT_TRUE(ledger_.issue(account_, 3'600'000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  const auto settled = ledger_.settle(span(0, 90'500));
  EXPECT_EQ(settled.billed.count(), 90'500);
  EXPECT_EQ(settled.balance.available.count(), 3'600'000 - 90'500);
  EXPECT_EQ(ledger_.balance(account_).available.count(), 3'600'000 - 90'500);
  EXPECT_EQ(settled.balance.version, ledger_.entries(account_).front().sequence);
}

// D9, D10, D11, D16: the same time is debited once, whoever reports it and
// however often.
TEST_F(SettleTest, TwoTabsWorkersOrSessionsBillASecondOnce) {
  ASSERT_TRUE(ledger_.issue(account_, 3'600'000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  const auto first = span(0, 600'000);
  ledger_.settle(first);
  ledger_.settle(first);
  ledger_.settle(span(100'000, 700'000));
  ledger_.settle(span(200'000, 300'000));
  EXPECT_EQ(ledger_.balance(account_).available.count(), 3'600'000 - 700'000);
  EXPECT_THAT(ledger_.runs(account_), SizeIs(1));
}

TEST_F(SettleTest, TheSameOrAnOlderSnapshotPostsNothing) {
  ASSERT_TRUE(ledger_.issue(account_, 3'600'000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  auto old = span(0, 1000);
  auto now = old;
  now.span.end = at_ms(t0_ + 5000);
  now.proofs = 4;
  ledger_.settle(now);
  const auto entries = ledger_.entries(account_).size();
  EXPECT_EQ(ledger_.settle(now).billed.count(), 0);
  EXPECT_EQ(ledger_.settle(old).billed.count(), 0);
  EXPECT_THAT(ledger_.entries(account_), SizeIs(entries));
}

// D8: idle time is not billed; D14: a closed run says when and why it ended.
TEST_F(SettleTest, IdleHoursBetweenTwoRunsAreNotBilled) {
  ASSERT_TRUE(ledger_.issue(account_, 36'000'000).has_value());
  ledger_.clock.advance(std::chrono::hours{9});
  auto morning = span(0, 10'000);
  morning.ended = RunEnd::idle;
  ledger_.settle(morning);
  ledger_.settle(span(8 * 3'600'000, 8 * 3'600'000 + 1000));
  const auto runs = ledger_.runs(account_);
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_EQ(runs[1].ended, RunEnd::idle);
  EXPECT_FALSE(runs[0].ended.has_value());
  EXPECT_EQ(ledger_.balance(account_).available.count(), 36'000'000 - 11'000);
}

TEST_F(SettleTest, ALateProofJoinsTheRunsOnBothSidesAndChargesOnlyTheGap) {
  ASSERT_TRUE(ledger_.issue(account_, 3'600'000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  const auto first = span(0, 1000);
  ledger_.settle(first);
  ledger_.settle(span(110'000, 111'000));
  ASSERT_THAT(ledger_.runs(account_), SizeIs(2));
  const auto late = ledger_.settle(span(50'000, 51'000));
  EXPECT_EQ(late.billed.count(), 111'000 - 2000);
  const auto runs = ledger_.runs(account_);
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].id, first.run);
  EXPECT_EQ(runs[0].billed.count(), 111'000);
  EXPECT_EQ(runs[0].proofs, 3);
  ASSERT_THAT(runs[0].grants, SizeIs(1));
  EXPECT_EQ(runs[0].grants[0].amount.count(), 111'000);
}

TEST_F(SettleTest, ARoundedMillisecondIsNeverLostOrBilledTwiceBetweenSnapshots) {
  ASSERT_TRUE(ledger_.issue(account_, 3'600'000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  auto run = span(0, 1);
  std::int64_t billed = 0;
  for (int i = 1; i <= 100; ++i) {
    run.span.end = run.span.start + base::Micros{i * 333};
    billed += ledger_.settle(run).billed.count();
    ASSERT_EQ(billed, i * 333 / 1000);
  }
}

// D23: an empty account is a state, not a failure: use is recorded and nobody
// owes anything.
TEST_F(SettleTest, WhatExceedsTheBalanceIsRecordedAsUnbilledAndNeverADebt) {
  ASSERT_TRUE(ledger_.issue(account_, 1000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  const auto settled = ledger_.settle(span(0, 2500));
  EXPECT_EQ(settled.billed.count(), 1000);
  EXPECT_EQ(settled.unbilled.count(), 1500);
  EXPECT_EQ(settled.balance.available.count(), 0);
  EXPECT_EQ(settled.balance.debt.count(), 0);
  EXPECT_EQ(ledger_.runs(account_)[0].unbilled_reason, UnbilledReason::hours_exhausted);
  // Late proof after zero, and time bought afterwards: the past is not billed
  // to it.
  ledger_.settle(span(2500, 4000));
  ASSERT_TRUE(ledger_.issue(account_, 10'000).has_value());
  EXPECT_EQ(ledger_.settle(span(0, 4000)).billed.count(), 0);
  EXPECT_EQ(ledger_.balance(account_).available.count(), 10'000);
}

TEST_F(SettleTest, OneImpossibleSnapshotDoesNotKeepTheOthersFromBeingSettled) {
  ASSERT_TRUE(ledger_.issue(account_, 100'000).has_value());
  ledger_.clock.advance(std::chrono::seconds{10});
  auto future = span(0, 60'000);
  auto reversed = span(5, 4);
  const auto answers = base::block_on(ledger_->settle({future, reversed, span(0, 1500)})).value();
  ASSERT_THAT(answers, SizeIs(3));
  EXPECT_EQ(answers[0].billed.count(), 0);
  EXPECT_EQ(answers[1].billed.count(), 0);
  EXPECT_EQ(answers[2].billed.count(), 1500);
}

// D18: requests do not make sessions: a thousand of them are one run.
TEST_F(SettleTest, AThousandRequestsOfAnAfternoonAreOneRun) {
  ASSERT_TRUE(ledger_.issue(account_, 36'000'000).has_value());
  ledger_.clock.advance(std::chrono::hours{9});
  for (int i = 0; i < 1'000; ++i) ledger_.settle(span(i * 5'000, i * 5'000 + 1'000));
  const auto runs = ledger_.runs(account_);
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].proofs, 1'000);
  EXPECT_EQ(runs[0].billed.count(), 999 * 5'000 + 1'000);
}

TEST_F(SettleTest, ARunIdThatIsUsedForTwoStretchesIsRefusedNotMixedUp) {
  ASSERT_TRUE(ledger_.issue(account_, 3'600'000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  const auto first = span(0, 1000);
  ledger_.settle(first);
  auto second = span(500'000, 501'000);
  second.run = first.run;
  EXPECT_EQ(ledger_.settle(second).billed.count(), 0);
  ASSERT_THAT(ledger_.runs(account_), SizeIs(1));
  EXPECT_EQ(ledger_.runs(account_)[0].span, first.span);
}

// D13: nobody's use is charged to somebody else; invariant 7.
TEST_F(SettleTest, ABatchOfManyAccountsTouchesEachOnlyWithItsOwn) {
  std::vector<base::AccountId> accounts;
  std::vector<RunSnapshot> batch;
  for (int i = 0; i < 50; ++i) {
    accounts.push_back(ledger_.new_account());
    ASSERT_TRUE(ledger_.issue(accounts.back(), 1'000'000).has_value());
    batch.push_back(ledger_.snapshot(accounts.back(), t0_, t0_ + 1000 + i));
  }
  const auto bystander = ledger_.new_account();
  ASSERT_TRUE(ledger_.issue(bystander, 777).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  ASSERT_TRUE(base::block_on(ledger_->settle(batch)).has_value());
  for (std::size_t i = 0; i < accounts.size(); ++i)
    EXPECT_EQ(ledger_.balance(accounts[i]).available.count(),
              1'000'000 - 1000 - static_cast<std::int64_t>(i));
  EXPECT_EQ(ledger_.balance(bystander).available.count(), 777);
  EXPECT_THAT(ledger_.entries(bystander), SizeIs(1));
}

TEST_F(SettleTest, AnotherAccountsRunIsNotFound) {
  ledger_.clock.advance(std::chrono::hours{1});
  const auto mine = ledger_.settle(span(0, 1000));
  EXPECT_TRUE(base::block_on(ledger_->load_run(account_, mine.run)).has_value());
  const auto theirs = base::block_on(ledger_->load_run(ledger_.new_account(), mine.run));
  EXPECT_EQ(theirs.error().code, base::ErrorCode::not_found);
}

TEST_F(SettleTest, ListsComeInPagesThatNeitherRepeatNorSkip) {
  ASSERT_TRUE(ledger_.issue(account_, 3'600'000).has_value());
  ledger_.clock.advance(std::chrono::hours{10});
  for (int i = 0; i < 7; ++i) ledger_.settle(span(i * 100'000, i * 100'000 + 1000));
  std::vector<base::Instant> starts;
  PageRequest page{{}, 3, {}, {}};
  do {
    const auto got = base::block_on(ledger_->list_runs(account_, page)).value();
    for (const auto& run : got.rows) starts.push_back(run.span.start);
    page.cursor = got.next_cursor.value_or("");
  } while (!page.cursor.empty());
  EXPECT_THAT(starts, SizeIs(7));
  EXPECT_TRUE(std::ranges::is_sorted(starts, std::greater{}));
  page = {"7x", 3, {}, {}};
  EXPECT_EQ(base::block_on(ledger_->list_runs(account_, page)).error().reason, "invalid_cursor");
}

// An operator's command beside a server: what the server remembers of the account is not true any
// more.
TEST_F(SettleTest, WhatAnotherProcessGaveIsSeenByTheNextSettlement) {
  ASSERT_TRUE(ledger_.issue(account_, 1'000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  auto run = span(0, 500);
  ledger_.settle(run);
  {
    const auto database = sql::Database::open({.path = ledger_.path()}).value();
    LedgerService other(*database, ledger_.clock, ledger_.random, ledger_.log);
    auto late = ledger_.wanted(account_, 700, "by hand");
    const auto issued = base::block_on(database->write_operator<IssuedGrant>(
        [&](sql::OperatorTx& tx) { return other.issue_grant(tx, late, at_ms(t0_)); }));
    ASSERT_TRUE(issued.has_value());
  }
  run.span.end += base::Millis{1'500};
  const auto settled = ledger_.settle(run);
  EXPECT_EQ(settled.billed.count(), 1'200);
  EXPECT_EQ(settled.unbilled.count(), 300);
  EXPECT_EQ(ledger_.runs(account_).front().grants.size(), 2U);
}

// What is remembered of an account with an open run is changed by whoever changes its grants.
TEST_F(SettleTest, AnOpenRunGoesOnWithWhatWasTakenAndGivenInBetween) {
  ASSERT_TRUE(ledger_.issue(account_, 10'000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  auto run = span(0, 1'000);
  ledger_.settle(run);
  const auto grant = ledger_.grants(account_).front();
  ASSERT_TRUE(base::block_on(ledger_->adjust(grant.id, base::Millis{-8'500}, {"a", "b", "c"})));
  run.span.end += base::Millis{1'000};
  run.proofs = 2;
  EXPECT_EQ(ledger_.settle(run).billed.count(), 500);
  ASSERT_TRUE(base::block_on(ledger_->adjust(grant.id, base::Millis{300}, {"d", "b", "c"})));
  run.span.end += base::Millis{1'000};
  const auto settled = ledger_.settle(run);
  EXPECT_EQ(settled.billed.count(), 300);
  EXPECT_EQ(settled.balance.available.count(), 0);
  EXPECT_EQ(settled.balance.version, ledger_.entries(account_).front().sequence);
  run.ended = RunEnd::exhausted;
  ledger_.settle(run);
  EXPECT_EQ(ledger_.runs(account_).front().proofs, 2);
}

}  // namespace
}  // namespace ledger
