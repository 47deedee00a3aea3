#include "features/billing/fulfilment.hpp"

#include <fmt/format.h>

namespace billing {
namespace {

// "" when the session is the order's.
std::string find_contradiction(const Order& order, const SessionSnapshot& session) {
  if (order.session && *order.session != session.id) return "another session than the order's";
  if (session.account != order.account.text()) return "another account than the order's";
  if (session.mode != "payment") return fmt::format("mode {}", session.mode);
  if (session.currency != order.amount.currency)
    return fmt::format("currency {} instead of {}", session.currency, order.amount.currency);
  if (session.amount_subtotal != order.amount.amount)
    return fmt::format("amount {} instead of {}", session.amount_subtotal.value_or(-1),
                       order.amount.amount);
  return {};
}

bool is_settled(std::string_view payment_status) {
  return payment_status == "paid" || payment_status == "no_payment_required";
}

}  // namespace

std::optional<SessionEvent> parse_session_event(std::string_view type) {
  if (type == "checkout.session.completed") return SessionEvent::completed;
  if (type == "checkout.session.async_payment_succeeded") return SessionEvent::payment_succeeded;
  if (type == "checkout.session.async_payment_failed") return SessionEvent::payment_failed;
  if (type == "checkout.session.expired") return SessionEvent::expired;
  return std::nullopt;
}

Verdict judge(const Order& order, const SessionSnapshot& session, SessionEvent event) {
  if (auto why = find_contradiction(order, session); !why.empty())
    return {Fulfilment::contradiction, std::move(why)};
  if (order.state == OrderState::paid) return {};
  switch (event) {
    case SessionEvent::completed:
      if (is_settled(session.payment_status)) return {Fulfilment::grant};
      if (session.payment_status == "unpaid")
        return {order.state == OrderState::pending ? Fulfilment::wait : Fulfilment::nothing};
      return {Fulfilment::contradiction, "payment status " + session.payment_status};
    case SessionEvent::payment_succeeded:
      if (is_settled(session.payment_status)) return {Fulfilment::grant};
      return {Fulfilment::contradiction, "succeeded, but " + session.payment_status};
    case SessionEvent::payment_failed:
      return {order.state == OrderState::pending ? Fulfilment::fail : Fulfilment::nothing};
    case SessionEvent::expired:
      return {order.state == OrderState::pending ? Fulfilment::expire : Fulfilment::nothing};
  }
  return {};
}

}  // namespace billing
