#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/ledger/ledger_fixture.hpp"

namespace ledger {
namespace {

using base::block_on;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class GrantsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    const auto report = ledger_.verify();
    EXPECT_TRUE(report.ok) << ::testing::PrintToString(report.faults);
    EXPECT_EQ(report.issued,
              report.available + report.held + report.consumed + report.expired + report.revoked);
  }
  // Uses up `ms` of what the account has, from now on.
  void use(std::int64_t ms) {
    const auto start = base::to_unix_ms(ledger_.clock.now());
    ledger_.clock.advance(base::Millis{ms} + std::chrono::hours{1});
    ledger_.settle(ledger_.snapshot(account_, start, start + ms));
  }
  base::Result<Balance> on_grant(base::Result<Balance> (LedgerService::*move)(sql::OperatorTx&,
                                                                              std::string_view,
                                                                              const OperatorOrder&,
                                                                              base::Instant),
                                 const std::string& grant_key, const std::string& order_key) {
    return block_on(ledger_.database().write_operator<Balance>([&](sql::OperatorTx& tx) {
      return ((*ledger_).*move)(tx, grant_key, {order_key, "dispute", "stripe"},
                                ledger_.clock.now());
    }));
  }
  base::Result<Balance> revoke(const std::string& grant_key, std::int64_t ms,
                               const std::string& order_key) {
    return block_on(ledger_.database().write_operator<Balance>([&](sql::OperatorTx& tx) {
      return ledger_->revoke_grant(tx, grant_key, base::Millis{ms}, {order_key, "refund", "stripe"},
                                   ledger_.clock.now());
    }));
  }
  LedgerFixture ledger_;
  base::AccountId account_ = ledger_.new_account();
};

// D1, D2, D4: success page, webhook and any number of redeliveries credit a
// payment once.
TEST_F(GrantsTest, OneBusinessKeyGrantsOnceForEver) {
  const auto wanted = ledger_.wanted(account_, 18'000'000, "checkout:cs_test_1");
  const auto first = block_on(ledger_->issue(wanted)).value();
  for (int i = 0; i < 5; ++i) {
    const auto again =
        block_on(ledger_.database().write_operator<IssuedGrant>([&](sql::OperatorTx& tx) {
          return ledger_->issue_grant(tx, wanted, ledger_.clock.now());
        }));
    EXPECT_TRUE(again->already_known);
    EXPECT_EQ(again->id, first.id);
    ledger_.clock.advance(std::chrono::days{400});
  }
  EXPECT_EQ(ledger_.balance(account_).available.count(), 18'000'000);
  EXPECT_THAT(ledger_.entries(account_), SizeIs(1));
}

// D3: the key decides, not what a later caller says about account or amount.
TEST_F(GrantsTest, AKnownKeyWithAnotherAccountOrAmountCreditsNobody) {
  ASSERT_TRUE(block_on(ledger_->issue(ledger_.wanted(account_, 1000, "checkout:1"))).has_value());
  const auto thief = ledger_.new_account();
  const auto other = block_on(ledger_->issue(ledger_.wanted(thief, 1000, "checkout:1")));
  EXPECT_EQ(other.error().reason, "idempotency_conflict");
  const auto more = block_on(ledger_->issue(ledger_.wanted(account_, 9000, "checkout:1")));
  EXPECT_EQ(more.error().reason, "idempotency_conflict");
  EXPECT_EQ(ledger_.balance(thief).available.count(), 0);
  EXPECT_EQ(ledger_.balance(account_).available.count(), 1000);
}

// D26: what happens in the same instant is told apart.
TEST_F(GrantsTest, TwoGrantsOfOneInstantAreTwo) {
  const auto first = ledger_.issue(account_, 1000).value();
  const auto second = ledger_.issue(account_, 1000).value();
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(ledger_.balance(account_).available.count(), 2000);
}

// D25: amounts are validated integers.
TEST_F(GrantsTest, AmountsThatMakeNoSenseAreRefused) {
  for (const std::int64_t amount : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    const auto refused = ledger_.issue(account_, amount);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().reason, "invalid_request");
  }
  auto late = ledger_.wanted(account_, 1000, "late");
  late.expires_at = ledger_.clock.now();
  EXPECT_FALSE(block_on(ledger_->issue(late)).has_value());
  EXPECT_TRUE(ledger_.entries(account_).empty());
}

// A payment and its time are one transaction (D5, D6: no hours without a
// record, no record without hours).
TEST_F(GrantsTest, AGrantOfARolledBackTransactionNeverExistedAndTellsNobody) {
  std::vector<std::int64_t> told;
  ledger_->on_balance_changed(
      [&told](const Balance& balance, const auto&) { told.push_back(balance.available.count()); });
  const auto failed = block_on(
      ledger_.database().write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        RL_TRY(const auto issued,
               ledger_->issue_grant(tx, ledger_.wanted(account_, 1000, "k"), ledger_.clock.now()));
        EXPECT_FALSE(issued.already_known);
        return base::fail(base::ErrorCode::conflict, "no", "The payment is not good.");
      }));
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(ledger_.balance(account_).available.count(), 0);
  ASSERT_TRUE(block_on(ledger_->issue(ledger_.wanted(account_, 500, "k"))).has_value());
  EXPECT_THAT(told, ElementsAre(500));
}

// D22: an expiry is enforced, at once in the balance and by an entry when
// swept.
TEST_F(GrantsTest, WhatIsLeftAtTheExpiryIsGone) {
  auto wanted = ledger_.wanted(account_, 5000, "trial");
  wanted.expires_at = ledger_.clock.now() + std::chrono::hours{2};
  ASSERT_TRUE(block_on(ledger_->issue(wanted)).has_value());
  ASSERT_TRUE(ledger_.issue(account_, 7000).has_value());
  EXPECT_EQ(ledger_.balance(account_).available.count(), 12'000);
  EXPECT_EQ(ledger_.balance(account_).next_expiry, wanted.expires_at);
  use(2000);
  ledger_.clock.advance(std::chrono::hours{2});
  EXPECT_EQ(ledger_.balance(account_).available.count(), 7000);
  EXPECT_EQ(block_on(ledger_->list_grants(account_)).value().size(), 1U) << "not swept yet";
  EXPECT_EQ(block_on(ledger_->expire_due(ledger_.clock.now())).value(), 1);
  EXPECT_EQ(block_on(ledger_->expire_due(ledger_.clock.now())).value(), 0);
  EXPECT_EQ(ledger_.balance(account_).available.count(), 7000);
  EXPECT_EQ(ledger_.grants(account_)[0].expired.count(), 3000);
}

// D7: a refund takes the hours back.
TEST_F(GrantsTest, ARefundOfUnusedTimeTakesItBackOnce) {
  ASSERT_TRUE(block_on(ledger_->issue(ledger_.wanted(account_, 5000, "paid"))).has_value());
  EXPECT_EQ(revoke("paid", 2000, "re_1")->available.count(), 3000);
  EXPECT_EQ(revoke("paid", 2000, "re_1")->available.count(), 3000);
  EXPECT_EQ(revoke("paid", 0, "re_2")->available.count(), 0);
  EXPECT_EQ(revoke("nothing", 0, "re_3").error().code, base::ErrorCode::not_found);
}

TEST_F(GrantsTest, ARefundOfUsedTimeIsADebtThatTheNextGrantPaysFirst) {
  ASSERT_TRUE(block_on(ledger_->issue(ledger_.wanted(account_, 5000, "paid"))).has_value());
  use(4000);
  const auto after = revoke("paid", 0, "re_1").value();
  EXPECT_EQ(after.available.count(), 0);
  EXPECT_EQ(after.debt.count(), 4000);
  ASSERT_TRUE(ledger_.issue(account_, 1500).has_value());
  EXPECT_EQ(ledger_.balance(account_).debt.count(), 2500);
  EXPECT_EQ(ledger_.balance(account_).available.count(), 0);
  ASSERT_TRUE(ledger_.issue(account_, 10'000).has_value());
  EXPECT_EQ(ledger_.balance(account_).debt.count(), 0);
  EXPECT_EQ(ledger_.balance(account_).available.count(), 7500);
}

TEST_F(GrantsTest, ADisputeHoldsTimeAndGivesItBackOnce) {
  ASSERT_TRUE(block_on(ledger_->issue(ledger_.wanted(account_, 5000, "paid"))).has_value());
  use(1000);
  const auto held = on_grant(&LedgerService::hold_grant, "paid", "dp_1:open").value();
  EXPECT_EQ(held.available.count(), 0);
  EXPECT_EQ(held.held.count(), 4000);
  ASSERT_TRUE(on_grant(&LedgerService::hold_grant, "paid", "dp_1:open").has_value());
  const auto back = on_grant(&LedgerService::release_grant, "paid", "dp_1:won").value();
  EXPECT_EQ(back.available.count(), 4000);
  EXPECT_EQ(on_grant(&LedgerService::hold_grant, "paid", "dp_1:open")->held.count(), 0);
}

TEST_F(GrantsTest, AnOperatorAdjustsWithinWhatIsThereAndOnlyOncePerKey) {
  const auto grant = ledger_.issue(account_, 5000).value();
  const OperatorOrder order{"fix-1", "sorry for the outage", "usr_operator"};
  EXPECT_EQ(block_on(ledger_->adjust(grant.id, base::Millis{500}, order))->available.count(), 5500);
  EXPECT_EQ(block_on(ledger_->adjust(grant.id, base::Millis{500}, order))->available.count(), 5500);
  const OperatorOrder take{"fix-2", "too much", "usr_operator"};
  EXPECT_EQ(block_on(ledger_->adjust(grant.id, base::Millis{-9000}, take)).error().reason,
            "conflict");
  EXPECT_EQ(block_on(ledger_->adjust(grant.id, base::Millis{-5500}, take))->available.count(), 0);
}

TEST_F(GrantsTest, ARevocationIsUndoneInPartAndPaysItsDebtFirst) {
  ASSERT_TRUE(block_on(ledger_->issue(ledger_.wanted(account_, 5000, "paid"))).has_value());
  use(4000);
  EXPECT_EQ(revoke("paid", 3000, "re_1")->debt.count(), 2000);
  const auto restore = [&](std::int64_t ms, const std::string& key) {
    return block_on(ledger_.database().write_operator<Balance>([&](sql::OperatorTx& tx) {
             return ledger_->restore_grant(tx, "paid", base::Millis{ms},
                                           {key, "the dispute was won", "stripe"},
                                           ledger_.clock.now());
           }))
        .value();
  };
  EXPECT_EQ(restore(1500, "re_1:undone").debt.count(), 500);
  EXPECT_EQ(restore(1500, "re_1:undone").debt.count(), 500);
  EXPECT_EQ(restore(0, "re_1:rest").available.count(), 1000);
  EXPECT_EQ(restore(0, "re_1:more").available.count(), 1000);
}

// D22: use before the expiry is paid by what was there then, also when it is settled after the
// sweep.
TEST_F(GrantsTest, LateUseFromBeforeTheExpiryStillBurnsTheExpiredGrant) {
  const auto start = base::to_unix_ms(ledger_.clock.now());
  auto wanted = ledger_.wanted(account_, 5000, "trial");
  wanted.expires_at = ledger_.clock.now() + std::chrono::minutes{1};
  ASSERT_TRUE(block_on(ledger_->issue(wanted)).has_value());
  ASSERT_TRUE(ledger_.issue(account_, 7000).has_value());
  ledger_.clock.advance(std::chrono::hours{1});
  ASSERT_EQ(block_on(ledger_->expire_due(ledger_.clock.now())).value(), 1);
  const auto settled = ledger_.settle(ledger_.snapshot(account_, start, start + 2000));
  EXPECT_EQ(settled.billed.count(), 2000);
  EXPECT_EQ(settled.balance.available.count(), 7000);
  EXPECT_EQ(ledger_.grants(account_)[0].expired.count(), 3000);
}

class RolloverTest : public GrantsTest {
 protected:
  void SetUp() override {
    auto wanted = ledger_.wanted(account_, 10'000, "invoice:1");
    wanted.kind = GrantKind::subscription;
    wanted.expires_at = ledger_.clock.now() + std::chrono::hours{24};
    ASSERT_TRUE(block_on(ledger_->issue(wanted)).has_value());
  }
  base::Result<std::optional<IssuedGrant>> roll(std::int64_t cap_ms) {
    return block_on(
        ledger_.database().write_operator<std::optional<IssuedGrant>>([&](sql::OperatorTx& tx) {
          return ledger_->roll_over(tx, "invoice:1", base::Millis{cap_ms},
                                    ledger_.clock.now() + std::chrono::hours{24},
                                    ledger_.clock.now());
        }));
  }
  std::int64_t start_ = base::to_unix_ms(ledger_.clock.now());
};

TEST_F(RolloverTest, WhatIsLeftOfIncludedHoursGoesOnUpToTheCapAndOnce) {
  EXPECT_EQ(roll(4000).error().code, base::ErrorCode::conflict);
  use(3000);
  ledger_.clock.advance(std::chrono::hours{24});
  EXPECT_FALSE(roll(4000)->value().already_known);
  EXPECT_TRUE(roll(4000)->value().already_known);
  EXPECT_EQ(ledger_.balance(account_).available.count(), 4000);
  ledger_.clock.advance(std::chrono::hours{24});
  EXPECT_EQ(ledger_.balance(account_).available.count(), 0);
}

TEST_F(RolloverTest, NothingLeftRollsNothingOver) {
  use(10'000);
  ledger_.clock.advance(std::chrono::hours{24});
  EXPECT_FALSE(roll(4000)->has_value());
}

TEST_F(RolloverTest, LateUseTakesFromWhatDidNotRollOverFirstAndThenFromWhatDid) {
  ledger_.clock.advance(std::chrono::hours{25});
  ASSERT_TRUE(roll(4000)->has_value());
  ledger_.settle(ledger_.snapshot(account_, start_, start_ + 6000));
  EXPECT_EQ(ledger_.balance(account_).available.count(), 4000);
  ledger_.settle(ledger_.snapshot(account_, start_ + 200'000, start_ + 201'500));
  EXPECT_EQ(ledger_.balance(account_).available.count(), 2500);
}

// The oracle of what can be done to one grant: six numbers and plain arithmetic.
TEST_F(GrantsTest, AnyMovesKeepTheBucketsOfAPlainModel) {
  std::mt19937 engine(11);
  const auto draw = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(engine);
  };
  for (int round = 0; round < 12; ++round) {
    const auto account = ledger_.new_account();
    const auto grant = ledger_.issue(account, 10'000).value();
    StoredGrant model;
    model.issued = model.available = base::Millis{10'000};
    const auto move = [](base::Millis& from, base::Millis& to, base::Millis amount) {
      from -= amount;
      to += amount;
    };
    const auto part = [](base::Millis there, base::Millis wanted) {
      return std::max(wanted.count() == 0 ? there : std::min(there, wanted), base::Millis{});
    };
    for (int step = 0; step < 12; ++step) {
      const base::Millis amount{draw(0, 1) == 0 ? 0 : draw(1, 4'000)};
      const auto what = static_cast<GrantChange>(draw(0, 4));
      const auto done = block_on(ledger_->change(grant.id, what, amount, {{}, "a test", "op"}));
      if (what == GrantChange::adjust) {
        EXPECT_EQ(done.has_value(), amount.count() > 0);
        model.issued += amount;
        model.available += amount;
      } else if (what == GrantChange::hold) {
        move(model.available, model.held, part(model.available, amount));
      } else if (what == GrantChange::release) {
        move(model.held, model.available, part(model.held, amount));
      } else if (what == GrantChange::restore) {
        move(model.revoked, model.available, part(model.revoked, amount));
      } else {
        auto left = part(model.issued - model.revoked, amount);
        for (auto* bucket : {&model.available, &model.held}) {
          const auto taken = std::min(left, std::max(*bucket, base::Millis{}));
          move(*bucket, model.revoked, taken);
          left -= taken;
        }
        move(model.available, model.revoked, left);
      }
      const auto stored = ledger_.grants(account).at(0);
      ASSERT_EQ(stored.issued, model.issued);
      ASSERT_EQ(stored.available, model.available);
      ASSERT_EQ(stored.held, model.held);
      ASSERT_EQ(stored.revoked, model.revoked);
      ASSERT_EQ(ledger_.balance(account).debt, std::max(-model.available, base::Millis{}));
    }
  }
}

}  // namespace
}  // namespace ledger
