#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/ledger/ledger_fixture.hpp"
#include "features/ledger/low_balance_store.hpp"

namespace ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The balance goes up and down at random; the oracle walks there a millisecond at a time and knows
// for each level whether time was added above it since it was last reached.
TEST(WarningLevels, AreCrossedOnceForEachTimeThatAddedTimeRoseAboveThem) {
  base::SeededRandom random{7};
  const auto draw = [&random](std::int64_t below) {
    return static_cast<std::int64_t>(random.next_u64() % static_cast<std::uint64_t>(below));
  };
  for (int round = 0; round < 400; ++round) {
    const auto which = static_cast<std::size_t>(draw(3));
    const auto level = kWarningLevels.at(which);
    auto left = level + base::Millis{draw(5) - 2};
    WarningFlags armed{};
    bool due = false;
    for (int step = 0; step < 20; ++step) {
      const auto to = std::max(base::Millis{0}, level + base::Millis{draw(7) - 3});
      const auto movement = draw(2) == 0 ? Movement::added : Movement::other;
      bool reached = false;
      for (; left != to; left += base::Millis{left < to ? 1 : -1})
        if (left == level + base::Millis{1} && to <= level) reached = std::exchange(due, false);
      due = due || (movement == Movement::added && to > level);
      const auto crossing = cross_levels(armed, to, movement);
      ASSERT_EQ(crossing.crossed.at(which), reached) << level.count() << " to " << to.count();
      armed = crossing.armed;
    }
  }
}

TEST(WarningSettings, WhatAChangeLeavesOutStaysAsItIs) {
  const WarningSettings settings{.levels = {true, false, true}, .mail = false};
  EXPECT_EQ(changed(settings, {}), settings);
  const WarningSettings after{.levels = {false, false, true}, .mail = true};
  EXPECT_EQ(changed(settings, {.levels = {false, std::nullopt, true}, .mail = true}), after);
}

class LowBalanceTest : public ::testing::Test {
 protected:
  LowBalanceTest() { listen(); }
  void listen() {
    ledger_->on_low_balance([this](sql::OperatorTx&, const LowBalance& warning, base::Instant) {
      if (warning.account == account_) told_.push_back(warning.level.count());
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

TEST_F(LowBalanceTest, OfAnAccountThatNobodyHoldsNothingIsKeptAndNobodyIsTold) {
  grant(3'600'001);
  const WarningChange quiet{.levels = {false}, .mail = false};
  ASSERT_TRUE(base::block_on(ledger_->change_warnings(account_, quiet)));
  const auto rows = [&](bool forget) {
    return base::block_on(ledger_.database().write_operator<std::int64_t>(
                              [&](sql::OperatorTx& tx) -> base::Result<std::int64_t> {
                                if (forget) ledger_->forget_warnings(tx, account_);
                                auto left = tx.prepare(
                                    "SELECT (SELECT count(*) FROM low_balance_settings) + (SELECT "
                                    "count(*) FROM low_balance_armed)");
                                left.step();
                                return left.integer(0);
                              }))
        .value();
  };
  EXPECT_EQ(rows(false), 1);
  EXPECT_EQ(rows(true), 1) << "that nothing is armed, and no settings";
  EXPECT_EQ(base::block_on(ledger_->load_warnings(account_)).value(), WarningSettings{});
  use(3'600'001);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(rows(false), 0) << "nothing is left to be warned of";
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
  const WarningSettings settings{.levels = {true, false, true}, .mail = false};
  const WarningChange change{.levels = {std::nullopt, false, std::nullopt}, .mail = false};
  EXPECT_EQ(base::block_on(ledger_->change_warnings(account_, change)).value(), settings);
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

// Whatever takes the balance there, and what the page is told of it.
TEST_F(LowBalanceTest, EveryMovementThatCrossesALevelTellsIt) {
  std::vector<std::int64_t> shown;
  ledger_->on_balance_changed([&](const Balance&, const std::optional<LowBalance>& warning) {
    if (warning) shown.push_back(warning->level.count());
  });
  const auto change = [&](const StoredGrant& of, GrantChange what, std::int64_t ms) {
    ASSERT_TRUE(
        base::block_on(ledger_->change(of.id, what, base::Millis{ms}, {{}, "for a test", "me"}))
            .has_value());
  };
  auto wanted = ledger_.wanted(account_, 3'000'000, "expires");
  wanted.expires_at = ledger_.clock.now() + std::chrono::hours{1};
  ASSERT_TRUE(base::block_on(ledger_->issue(wanted)).has_value());
  const auto lasts = ledger_.issue(account_, 2'000'000).value();
  ledger_.clock.advance(std::chrono::hours{1});
  EXPECT_THAT(told(), IsEmpty()) << "not swept yet";
  EXPECT_EQ(base::block_on(ledger_->expire_due(ledger_.clock.now())).value(), 1);
  EXPECT_THAT(told(), ElementsAre(3'600'000));
  change(lasts, GrantChange::hold, 1'500'000);
  EXPECT_THAT(told(), ElementsAre(900'000));
  change(lasts, GrantChange::release, 1'500'000);
  change(lasts, GrantChange::hold, 1'500'000);
  EXPECT_THAT(told(), IsEmpty()) << "time that comes back arms nothing";
  change(lasts, GrantChange::release, 1'500'000);
  change(lasts, GrantChange::adjust, 100'000);
  change(lasts, GrantChange::adjust, -1'300'000);
  EXPECT_THAT(told(), ElementsAre(900'000)) << "time that is added does";
  change(lasts, GrantChange::revoke, 0);
  EXPECT_THAT(told(), ElementsAre(0));
  EXPECT_THAT(shown, ElementsAre(3'600'000, 900'000, 900'000, 0));
}

// What is armed is nowhere written down as long as the account's time says it. Movements of all
// kinds, by a program that forgets everything now and then; the oracle only ever follows the rule.
class WarningOracle : public LowBalanceTest {
 protected:
  std::int64_t draw(std::int64_t below) {
    return static_cast<std::int64_t>(random_.next_u64() % static_cast<std::uint64_t>(below));
  }
  void issue() {
    auto wanted = ledger_.wanted(account_, 100'000 + draw(3'000'000), std::to_string(++keys_));
    if (draw(2) == 0)
      wanted.expires_at = ledger_.clock.now() + base::Millis{500'000 + draw(9'000'000)};
    grants_.push_back(base::block_on(ledger_->issue(wanted)).value().id);
  }
  bool change(GrantChange what, std::int64_t ms) {
    if (grants_.empty()) return false;
    const auto grant = grants_[static_cast<std::size_t>(draw(std::ssize(grants_)))];
    return base::block_on(ledger_->change(grant, what, base::Millis{ms}, {{}, "for a test", "me"}))
        .has_value();
  }
  std::optional<Movement> move() {
    switch (draw(8)) {
      case 0:
        issue();
        return Movement::added;
      case 1:
        return change(GrantChange::adjust, 1 + draw(900'000)) ? std::optional{Movement::added}
                                                              : std::nullopt;
      case 2:
        change(GrantChange::adjust, -1 - draw(900'000));
        return Movement::other;
      case 3:
        change(GrantChange::hold, draw(2'000'000));
        return Movement::other;
      case 4:
        change(GrantChange::release, 0);
        return Movement::other;
      case 5:
        change(draw(2) == 0 ? GrantChange::revoke : GrantChange::restore, draw(1'500'000));
        return Movement::other;
      case 6:
        EXPECT_TRUE(base::block_on(ledger_->expire_due(ledger_.clock.now())).has_value());
        return Movement::other;
      default:
        use(1 + draw(1'200'000));
        return Movement::other;
    }
  }
  // What the rule says of a movement that left what the ledger says is left.
  std::vector<std::int64_t> expected(Movement movement) {
    const auto crossing = cross_levels(armed_, ledger_.balance(account_).available, movement);
    armed_ = crossing.armed;
    std::vector<std::int64_t> lowest;
    for (std::size_t i = 0; i < kWarningLevels.size(); ++i)
      if (crossing.crossed.at(i)) lowest = {kWarningLevels.at(i).count()};
    return lowest;
  }

  base::SeededRandom random_{11};
  WarningFlags armed_{};
  std::vector<base::GrantId> grants_;
  int keys_ = 0;
};

TEST_F(WarningOracle, TellsTheSameOfAnyMovementsWhetherOrNotTheProgramRemembersThem) {
  int warnings = 0;
  for (int step = 0; step < 600; ++step) {
    if (step % 60 == 0) {
      account_ = ledger_.new_account();
      armed_ = {};
      grants_.clear();
    }
    if (draw(3) == 0) {
      ledger_.reopen();
      listen();
    }
    ledger_.clock.advance(base::Millis{1 + draw(400'000)});
    const auto movement = move();
    const auto wanted = movement ? expected(*movement) : std::vector<std::int64_t>{};
    warnings += static_cast<int>(wanted.size());
    ASSERT_EQ(told(), wanted) << "step " << step;
  }
  EXPECT_GT(warnings, 20);
}

TEST_F(LowBalanceTest, AMovementThatIsTakenBackTellsNobody) {
  ASSERT_TRUE(ledger_.issue(account_, 1'000'000).has_value());
  const auto failed = base::block_on(
      ledger_.database().write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        RL_TRY_VOID(
            ledger_->hold_grant(tx, "key:1", {"k", "for a test", "me"}, ledger_.clock.now()));
        return base::fail(base::ErrorCode::conflict, "no", "It is not so.");
      }));
  ASSERT_FALSE(failed.has_value());
  told();
  use(200'000);
  EXPECT_THAT(told(), ElementsAre(900'000)) << "the level is armed still";
}

}  // namespace
}  // namespace ledger
