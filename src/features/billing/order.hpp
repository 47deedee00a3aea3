// An order: what an account wants to buy, fixed when it is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace billing {

// pending -> paid | failed | expired. Paid is final; failed and expired become paid when money
// arrives after all.
enum class OrderState : std::uint8_t { pending, paid, failed, expired };
[[nodiscard]] std::string_view order_state_name(OrderState state);
[[nodiscard]] std::optional<OrderState> parse_order_state(std::string_view name);

struct Order {
  base::OrderId id{};
  base::AccountId account{};
  std::string sku{};
  std::int64_t quantity = 1;
  std::int64_t hours = 0;  // of the whole order
  base::Money amount{};    // of the whole order
  std::int64_t expires_days = 0;
  OrderState state = OrderState::pending;
  base::Instant created_at{};
  std::optional<base::Instant> paid_at{};
  std::optional<base::GrantId> grant{};
  std::optional<std::string> session{};  // the provider's; absent until its page exists
  std::optional<std::string> url{};      // where to pay
};

}  // namespace billing
