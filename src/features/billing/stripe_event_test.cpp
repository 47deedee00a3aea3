#include "features/billing/stripe_event.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "features/billing/test_event.hpp"

namespace billing {
namespace {

std::string sample(const std::string& name) {
  std::ifstream file(RL_SOURCE_DIR "/tests/data/stripe/events/" + name + ".json");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ParseEvent, ReadsWhatMattersOfAPaidSession) {
  const auto event = parse_event(sample("checkout.session.completed__prepaid_paid"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->id, "evt_1RL0007checkoutsess");
  EXPECT_EQ(event->type, "checkout.session.completed");
  EXPECT_EQ(base::to_unix_seconds(event->created), 1'793'613'691);
  EXPECT_FALSE(event->live);
  ASSERT_TRUE(event->session);
  EXPECT_EQ(event->session->id, "cs_test_RLA10card0001");
  EXPECT_EQ(event->session->mode, "payment");
  EXPECT_EQ(event->session->payment_status, "paid");
  EXPECT_EQ(event->session->currency, "usd");
  EXPECT_EQ(event->session->amount_subtotal, 4900);
  EXPECT_EQ(event->session->order, "ord_0001");
  EXPECT_EQ(event->session->payment_intent, "pi_RLA10card0001");
}

TEST(ParseEvent, ToleratesTypesAndShapesThatItDoesNotKnow) {
  for (const char* name : {"unknown_event_type", "thin_event_notification"}) {
    const auto event = parse_event(sample(name));
    ASSERT_TRUE(event) << name;
    EXPECT_FALSE(event->session) << name;
  }
}

TEST(ParseEvent, RefusesWhatIsNoEvent) {
  for (const char* body : {"", "[]", "{}", R"({"id":"evt_1"})", R"({"id":7,"type":"x"})",
                           R"({"id":"","type":"x"})", "{\"id\":\"evt_1\",\"type\":\"x\"} trailing"})
    EXPECT_FALSE(parse_event(body)) << body;
}

TEST(ParseEvent, AnAmountThatIsNoIntegerIsNone) {
  const auto event = parse_event(
      R"({"id":"e","type":"t","data":{"object":{"object":"checkout.session","amount_subtotal":49.0}}})");
  ASSERT_TRUE(event && event->session);
  EXPECT_FALSE(event->session->amount_subtotal);
}

// The pretend checkout speaks the language of the samples.
TEST(MakeTestEvent, ReadsBackAsTheOrderItIsAbout) {
  base::SeededRandom random(1);
  const auto now = base::from_micros(1'795'000'000'000'000);
  Order order{.id = base::OrderId::make(now, random),
              .account = base::AccountId::make(now, random),
              .sku = "hours-5",
              .hours = 5,
              .amount = {2500, "usd"},
              .created_at = now,
              .session = "cs_test_1"};
  const auto event = parse_event(make_test_event(order, TestOutcome::paid, "evt_test_1", now));
  ASSERT_TRUE(event && event->session);
  EXPECT_EQ(event->type, "checkout.session.completed");
  EXPECT_EQ(event->session->order, order.id.text());
  EXPECT_EQ(event->session->account, order.account.text());
  EXPECT_EQ(event->session->amount_subtotal, 2500);
  EXPECT_EQ(event->session->payment_status, "paid");
}

}  // namespace
}  // namespace billing
