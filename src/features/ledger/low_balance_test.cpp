#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/ledger/ledger_fixture.hpp"
#include "features/ledger/low_balance_store.hpp"

namespace ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CrossedLevels, AreThoseThatAMillisecondByMillisecondWalkMeets) {
  base::SeededRandom random{7};
  for (int round = 0; round < 400; ++round) {
    const auto level = kWarningLevels.at(random.next_u64() % 3);
    const auto before = level + base::Millis{static_cast<std::int64_t>(random.next_u64() % 5) - 1};
    const auto after = before - base::Millis{static_cast<std::int64_t>(random.next_u64() % 5)};
    std::array<bool, kWarningLevels.size()> met{};
    for (auto left = before; left > after; --left)
      for (std::size_t i = 0; i < met.size(); ++i)
        if (left == kWarningLevels.at(i) + base::Millis{1}) met.at(i) = true;
    EXPECT_EQ(crossed_levels(before, after), met) << before.count() << " to " << after.count();
  }
}

class LowBalanceTest : public ::testing::Test {
 protected:
  LowBalanceTest() { listen(); }
  void listen() {
    ledger_->on_low_balance([this](sql::OperatorTx&, const LowBalance& warning, base::Instant) {
      told_.push_back(warning.level.count());
    });
  }
  void grant(std::int64_t ms) {
    ledger_.clock.advance(base::Millis{1});
    ASSERT_TRUE(ledger_.issue(account_, ms).has_value());
  }
  // Uses `ms` of time, after a pause that ends the run before.
  SettledRun use(std::int64_t ms) {
    const auto start = base::to_micros(ledger_.clock.now()) / 1000 + 100'000;
    ledger_.clock.advance(base::Millis{100'000 + ms});
    last_ = ledger_.snapshot(account_, start, start + ms);
    return ledger_.settle(last_);
  }
  std::vector<std::int64_t> told() { return std::exchange(told_, {}); }

  LedgerFixture ledger_;
  base::AccountId account_ = ledger_.new_account();
  RunSnapshot last_;
  std::vector<std::int64_t> told_;
};

TEST_F(LowBalanceTest, EachLevelIsToldOnceAndAgainOnlyAfterATopUpAboveIt) {
  grant(3'600'001);
  use(1);
  EXPECT_THAT(told(), ElementsAre(3'600'000));
  use(2'000'000);
  EXPECT_THAT(told(), IsEmpty());
  use(1'000'000);
  EXPECT_THAT(told(), ElementsAre(900'000));
  grant(200'000);  // 800 s are left: below the level
  use(1'000);
  EXPECT_THAT(told(), IsEmpty());
  grant(101'001);  // 900.001 s
  use(1);
  EXPECT_THAT(told(), ElementsAre(900'000));
  use(2'000'000);
  EXPECT_THAT(told(), ElementsAre(0));
  use(1'000);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(LowBalanceTest, AFallThroughSeveralLevelsTellsTheLowest) {
  grant(4'000'000);
  EXPECT_EQ(use(4'000'000).warning->level.count(), 0);
  EXPECT_THAT(told(), ElementsAre(0));
}

TEST_F(LowBalanceTest, NeitherARepetitionNorARestartTellsAgain) {
  grant(900'500);
  use(1'000);
  EXPECT_THAT(told(), ElementsAre(900'000));
  ledger_.reopen();
  listen();
  EXPECT_FALSE(ledger_.settle(last_).warning);
  use(1'000);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(LowBalanceTest, WhatIsTurnedOffIsNotTold) {
  WarningSettings settings;
  settings.levels = {true, false, true};
  settings.mail = false;
  ASSERT_TRUE(base::block_on(ledger_->save_warnings(account_, settings)).has_value());
  EXPECT_EQ(base::block_on(ledger_->load_warnings(account_)).value(), settings);
  grant(901'000);
  EXPECT_FALSE(use(1'000).warning);
  const auto last = use(900'000).warning;
  ASSERT_TRUE(last);
  EXPECT_EQ(last->level.count(), 0);
  EXPECT_FALSE(last->mail);
}

TEST_F(LowBalanceTest, AnAccountThatStartsBelowALevelDidNotCrossIt) {
  grant(3'600'000);
  use(1'000);
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace ledger
