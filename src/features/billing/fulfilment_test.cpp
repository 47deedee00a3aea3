#include "features/billing/fulfilment.hpp"

#include <gtest/gtest.h>

namespace billing {
namespace {

struct Case {
  OrderState state;
  SessionEvent event;
  const char* payment_status;
  Fulfilment expected;
};

Order order_in(OrderState state) {
  return {.id = base::OrderId{base::IdBits{1, 1}},
          .account = base::AccountId{base::IdBits{2, 2}},
          .sku = "hours-5",
          .hours = 5,
          .amount = {2500, "usd"},
          .state = state,
          .session = "cs_test_1"};
}

SessionSnapshot session_with(std::string payment_status) {
  return {.id = "cs_test_1",
          .mode = "payment",
          .payment_status = std::move(payment_status),
          .currency = "usd",
          .amount_subtotal = 2500,
          .order = base::OrderId{base::IdBits{1, 1}}.text(),
          .account = base::AccountId{base::IdBits{2, 2}}.text(),
          .payment_intent = ""};
}

TEST(Judge, EachEventMeetsEachState) {
  using enum SessionEvent;
  const std::vector<Case> cases = {
      {OrderState::pending, completed, "paid", Fulfilment::grant},
      {OrderState::pending, completed, "no_payment_required", Fulfilment::grant},
      {OrderState::pending, completed, "unpaid", Fulfilment::wait},
      {OrderState::pending, completed, "another", Fulfilment::contradiction},
      {OrderState::pending, payment_succeeded, "paid", Fulfilment::grant},
      {OrderState::pending, payment_succeeded, "unpaid", Fulfilment::contradiction},
      {OrderState::pending, payment_failed, "unpaid", Fulfilment::fail},
      {OrderState::pending, expired, "unpaid", Fulfilment::expire},
      {OrderState::failed, completed, "unpaid", Fulfilment::nothing},
      {OrderState::failed, payment_succeeded, "paid", Fulfilment::grant},
      {OrderState::failed, expired, "unpaid", Fulfilment::nothing},
      {OrderState::expired, completed, "paid", Fulfilment::grant},
      {OrderState::paid, completed, "paid", Fulfilment::nothing},
      {OrderState::paid, completed, "unpaid", Fulfilment::nothing},
      {OrderState::paid, payment_failed, "unpaid", Fulfilment::nothing},
      {OrderState::paid, expired, "unpaid", Fulfilment::nothing},
  };
  for (const auto& [state, event, payment_status, expected] : cases)
    EXPECT_EQ(judge(order_in(state), session_with(payment_status), event).what, expected)
        << order_state_name(state) << " " << static_cast<int>(event) << " " << payment_status;
}

// D3, D7: account, amount and currency of the payment were never compared with what was sold.
TEST(Judge, WhateverDiffersFromTheOrderContradictsIt) {
  const auto order = order_in(OrderState::pending);
  const auto judged = [&](auto change) {
    auto session = session_with("paid");
    change(session);
    return judge(order, session, SessionEvent::completed).what;
  };
  EXPECT_EQ(judged([](auto&) {}), Fulfilment::grant);
  EXPECT_EQ(judged([](auto& s) { s.amount_subtotal = 2499; }), Fulfilment::contradiction);
  EXPECT_EQ(judged([](auto& s) { s.amount_subtotal = std::nullopt; }), Fulfilment::contradiction);
  EXPECT_EQ(judged([](auto& s) { s.currency = "eur"; }), Fulfilment::contradiction);
  EXPECT_EQ(judged([](auto& s) { s.account = "acc_other"; }), Fulfilment::contradiction);
  EXPECT_EQ(judged([](auto& s) { s.account = ""; }), Fulfilment::contradiction);
  EXPECT_EQ(judged([](auto& s) { s.id = "cs_test_2"; }), Fulfilment::contradiction);
  EXPECT_EQ(judged([](auto& s) { s.mode = "setup"; }), Fulfilment::contradiction);
}

TEST(Judge, ASessionThatWasMadeBeforeACrashBecomesTheOrders) {
  auto order = order_in(OrderState::pending);
  order.session.reset();
  EXPECT_EQ(judge(order, session_with("paid"), SessionEvent::completed).what, Fulfilment::grant);
}

}  // namespace
}  // namespace billing
