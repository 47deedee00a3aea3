// What an event means for an order. Pure: the store carries it out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "features/billing/order.hpp"
#include "features/billing/stripe_event.hpp"

namespace billing {

enum class SessionEvent : std::uint8_t { completed, payment_succeeded, payment_failed, expired };
// The handled types of checkout.session.*; every other type is acknowledged only.
[[nodiscard]] std::optional<SessionEvent> parse_session_event(std::string_view type);

enum class Fulfilment : std::uint8_t {
  grant,         // paid: issue the order's hours, once
  wait,          // completed, money on its way: the order stays pending
  fail,          // the delayed payment failed
  expire,        // nobody paid in time
  nothing,       // the order is already further than the event
  contradiction  // account, session, amount or currency are not the order's: a person looks
};

struct Verdict {
  Fulfilment what = Fulfilment::nothing;
  std::string why{};  // of a contradiction
};

// Hours, price and account are the order's; the event may only agree with them.
[[nodiscard]] Verdict judge(const Order& order, const SessionSnapshot& session, SessionEvent event);

}  // namespace billing
