#include "features/billing/webhook.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "features/billing/test_till.hpp"

namespace billing {
namespace {

constexpr std::int64_t kFiveHours = 5LL * 3'600'000;

struct WebhookTest : testing::Test {
  std::string event(const Order& order, TestOutcome outcome, std::string id = "evt_1") {
    return make_test_event(order, outcome, id, till.clock.now());
  }
  // The same event with one thing said differently.
  static std::string with(std::string body, const std::string& from, const std::string& to) {
    const auto at = body.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return body.replace(at, from.size(), to);
  }
  Till till;
};

TEST_F(WebhookTest, APaidOrderIsItsHours) {
  const auto order = till.start_order();
  EXPECT_EQ(till.available_ms(), 0);
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid)));
  EXPECT_EQ(till.available_ms(), kFiveHours);
  const auto paid = till.reload(order);
  EXPECT_EQ(paid.state, OrderState::paid);
  EXPECT_EQ(paid.paid_at, till.clock.now());
  EXPECT_TRUE(paid.grant);
  EXPECT_EQ(till.service->counters().grants_issued, 1U);
}

TEST_F(WebhookTest, TheBuyersPlanIsAskedForOnceAnOrderAndWithIt) {
  int asked = 0;
  till.options.on_bought = [&](sql::OperatorTx&, base::AccountId account) -> base::Result<void> {
    EXPECT_EQ(account, till.account);
    if (++asked == 1) return base::fail_internal("the first time it breaks");
    return {};
  };
  till.reopen();
  const auto order = till.start_order();
  EXPECT_FALSE(till.deliver(event(order, TestOutcome::paid, "evt_1")));
  EXPECT_EQ(till.available_ms(), 0);  // with it or not at all
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid, "evt_1")));
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid, "evt_2")));
  EXPECT_EQ(till.available_ms(), kFiveHours);
  EXPECT_EQ(asked, 2);
}

// D4: a redelivered event added the hours again.
TEST_F(WebhookTest, ARepeatedEventGrantsNothingMore) {
  const auto order = till.start_order();
  const auto body = event(order, TestOutcome::paid);
  ASSERT_TRUE(till.deliver(body));
  till.clock.advance(std::chrono::hours{3});
  ASSERT_TRUE(till.deliver(body));  // signed anew, as Stripe does
  EXPECT_EQ(till.available_ms(), kFiveHours);
  EXPECT_EQ(till.service->counters().events_repeated, 1U);
}

// D1, D2: two messages about one payment each added the hours.
TEST_F(WebhookTest, TwoEventIdsForOneSessionGrantOnce) {
  const auto order = till.start_order();
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid, "evt_1")));
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid, "evt_2")));
  ASSERT_TRUE(till.deliver(with(event(order, TestOutcome::paid, "evt_3"), "session.completed",
                                "session.async_payment_succeeded")));
  EXPECT_EQ(till.available_ms(), kFiveHours);
  EXPECT_EQ(till.service->counters().grants_issued, 1U);
}

TEST_F(WebhookTest, TheSameEventInParallelGrantsOnce) {
  const auto order = till.start_order();
  const auto body = event(order, TestOutcome::paid);
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 8; ++i)
      senders.emplace_back([&, i] {
        // Half of them carry another id for the same session.
        const auto mine = i % 2 == 0 ? body : with(body, "evt_1", "evt_2");
        EXPECT_TRUE(till.deliver(mine));
      });
  }
  EXPECT_EQ(till.available_ms(), kFiveHours);
  EXPECT_EQ(till.service->counters().grants_issued, 1U);
}

TEST_F(WebhookTest, ARestartBetweenDeliveriesForgetsNothing) {
  const auto order = till.start_order();
  till.reopen();
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid)));
  till.reopen();
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid)));
  till.reopen();
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid, "evt_2")));
  EXPECT_EQ(till.available_ms(), kFiveHours);
  EXPECT_EQ(till.reload(order).state, OrderState::paid);
}

// D20: hours could be minted without any credential.
TEST_F(WebhookTest, AForgedEventDoesNothingAndLeavesNothing) {
  const auto order = till.start_order();
  const auto body = event(order, TestOutcome::paid);
  const auto now = base::to_unix_seconds(till.clock.now());
  for (const auto& signature :
       {std::string{}, sign(body, "whsec_test_other", now), sign(body + " ", "whsec_test_new", now),
        sign(body, "whsec_test_new", now - 301), sign(body, "whsec_test_new", now + 301)}) {
    const auto refused = till.deliver(body, signature);
    ASSERT_FALSE(refused) << signature;
    EXPECT_EQ(refused.error().code, base::ErrorCode::malformed);
  }
  EXPECT_EQ(till.available_ms(), 0);
  EXPECT_FALSE(till.health().last_webhook_at);
  EXPECT_EQ(till.service->counters().signatures_refused, 5U);
  EXPECT_TRUE(till.deliver(body, sign(body, "whsec_test_old", now)));  // a secret being rolled
}

// D3, D7: account, amount, currency and mode of the payment were not checked.
TEST_F(WebhookTest, AnEventThatContradictsTheOrderIsKeptForAPerson) {
  const auto order = till.start_order();
  const auto body = event(order, TestOutcome::paid);
  const auto other = base::AccountId{base::IdBits{8, 8}}.text();
  ASSERT_TRUE(till.deliver(with(body, "\"amount_subtotal\":2500", "\"amount_subtotal\":1")));
  ASSERT_TRUE(till.deliver(with(with(body, "evt_1", "evt_2"), "\"usd\"", "\"jpy\"")));
  ASSERT_TRUE(till.deliver(with(with(body, "evt_1", "evt_3"),
                                "\"client_reference_id\":\"" + till.account.text(),
                                "\"client_reference_id\":\"" + other)));
  ASSERT_TRUE(till.deliver(with(with(body, "evt_1", "evt_4"), *order.session, "cs_test_another")));
  EXPECT_EQ(till.available_ms(), 0);
  EXPECT_EQ(till.reload(order).state, OrderState::pending);
  EXPECT_EQ(till.health().dead_letters, 4);
}

TEST_F(WebhookTest, ALiveEventMeansNothingToATestTill) {
  const auto order = till.start_order();
  auto body = event(order, TestOutcome::paid);
  const auto at = body.rfind("\"livemode\":false");
  body.replace(at, 16, "\"livemode\":true");
  ASSERT_TRUE(till.deliver(body));
  EXPECT_EQ(till.available_ms(), 0);
  EXPECT_EQ(till.reload(order).state, OrderState::pending);
}

TEST_F(WebhookTest, SessionsAndTypesThatAreNotOursAreAcknowledged) {
  auto foreign = till.start_order();
  foreign.id = base::OrderId{base::IdBits{9, 9}};
  foreign.session = "cs_test_foreign";
  EXPECT_TRUE(till.deliver(event(foreign, TestOutcome::paid)));
  EXPECT_TRUE(till.deliver(R"({"id":"evt_x","object":"event","type":"invoice.paid","created":1})"));
  EXPECT_TRUE(till.deliver(R"({"id":"evt_y","object":"v2.core.event","type":"v2.thing"})"));
  EXPECT_EQ(till.available_ms(), 0);
  EXPECT_EQ(till.service->counters().events_of_other_types, 2U);
  EXPECT_EQ(till.health().inbox_backlog, 0);
}

TEST_F(WebhookTest, AGenuineMessageThatIsNoEventIsRefused) {
  EXPECT_FALSE(till.deliver("not json"));
  EXPECT_FALSE(till.deliver(R"({"hello":"world"})"));
}

// D7: failed, delayed and expired payments were ignored.
TEST_F(WebhookTest, ADelayedPaymentGrantsWhenTheMoneyComes) {
  const auto order = till.start_order();
  const auto paid = event(order, TestOutcome::paid, "evt_2");
  ASSERT_TRUE(till.deliver(with(event(order, TestOutcome::paid), "\"payment_status\":\"paid\"",
                                "\"payment_status\":\"unpaid\"")));
  EXPECT_EQ(till.reload(order).state, OrderState::pending);
  EXPECT_EQ(till.available_ms(), 0);
  ASSERT_TRUE(till.deliver(with(paid, "session.completed", "session.async_payment_succeeded")));
  EXPECT_EQ(till.reload(order).state, OrderState::paid);
  EXPECT_EQ(till.available_ms(), kFiveHours);
}

TEST_F(WebhookTest, FailedAndExpiredOrdersGrantNothingAndPaidOnesStayPaid) {
  const auto failed = till.start_order();
  const auto expired = till.start_order();
  const auto paid = till.start_order();
  ASSERT_TRUE(till.deliver(event(failed, TestOutcome::declined, "evt_1")));
  ASSERT_TRUE(till.deliver(event(expired, TestOutcome::cancelled, "evt_2")));
  EXPECT_EQ(till.reload(failed).state, OrderState::failed);
  EXPECT_EQ(till.reload(expired).state, OrderState::expired);
  EXPECT_EQ(till.available_ms(), 0);
  ASSERT_TRUE(till.deliver(event(paid, TestOutcome::paid, "evt_3")));
  ASSERT_TRUE(till.deliver(event(paid, TestOutcome::declined, "evt_4")));
  ASSERT_TRUE(till.deliver(event(paid, TestOutcome::cancelled, "evt_5")));
  EXPECT_EQ(till.reload(paid).state, OrderState::paid);
  EXPECT_EQ(till.available_ms(), kFiveHours);
  // Money that comes after all is honoured.
  ASSERT_TRUE(till.deliver(event(expired, TestOutcome::paid, "evt_6")));
  EXPECT_EQ(till.available_ms(), 2 * kFiveHours);
}

// D5, D6: when the ledger was away the event was acknowledged and the paid hours were lost.
TEST_F(WebhookTest, WhenTheLedgerIsAwayTheSenderMustComeAgain) {
  const auto order = till.start_order();
  const auto body = event(order, TestOutcome::paid);
  till.run_sql("ALTER TABLE grants RENAME TO grants_away");
  const auto refused = till.deliver(body);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::internal);
  EXPECT_EQ(till.reload(order).state, OrderState::pending);
  EXPECT_EQ(till.health().inbox_backlog, 1);
  till.run_sql("ALTER TABLE grants_away RENAME TO grants");
  ASSERT_TRUE(till.deliver(body));
  EXPECT_EQ(till.available_ms(), kFiveHours);
  EXPECT_EQ(till.health().inbox_backlog, 0);
}

TEST_F(WebhookTest, AnExpiringPackMakesAnExpiringGrant) {
  const auto order = till.start_order("hours-10");
  ASSERT_TRUE(till.deliver(event(order, TestOutcome::paid)));
  const auto grants = base::block_on(till.ledger->list_grants(till.account)).value();
  ASSERT_EQ(grants.size(), 1U);
  EXPECT_EQ(grants[0].expires_at, till.clock.now() + std::chrono::days{30});
  EXPECT_EQ(grants[0].business_key, "checkout:" + *order.session);
  EXPECT_EQ(grants[0].kind, ledger::GrantKind::purchase);
}

}  // namespace
}  // namespace billing
