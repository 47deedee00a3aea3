#include "features/billing/order.hpp"

#include <array>

namespace billing {
namespace {

constexpr std::array kStates = {OrderState::pending, OrderState::paid, OrderState::failed,
                                OrderState::expired};

}  // namespace

std::string_view order_state_name(OrderState state) {
  switch (state) {
    case OrderState::pending:
      return "pending";
    case OrderState::paid:
      return "paid";
    case OrderState::failed:
      return "failed";
    case OrderState::expired:
      return "expired";
  }
  return "";
}

std::optional<OrderState> parse_order_state(std::string_view name) {
  for (const auto state : kStates)
    if (order_state_name(state) == name) return state;
  return std::nullopt;
}

}  // namespace billing
