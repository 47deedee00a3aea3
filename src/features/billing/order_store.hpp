// Orders in the database.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "features/billing/order.hpp"
#include "sql/database.hpp"

namespace billing {

// False when the account has used this idempotency key before: nothing is inserted then.
[[nodiscard]] bool insert_order(sql::AccountTx& tx, const Order& order,
                                const std::optional<std::string>& idempotency_key);
[[nodiscard]] std::optional<Order> find_order(sql::AccountTx& tx, base::OrderId id);
[[nodiscard]] std::optional<Order> find_order_by_key(sql::AccountTx& tx, std::string_view key);
// Newest first, those before `before` (all when empty), at most `limit`.
[[nodiscard]] std::vector<Order> load_orders(sql::AccountTx& tx,
                                             std::optional<base::OrderId> before, int limit);
// Leaves an order that has a session as it is.
void set_session(sql::AccountTx& tx, base::OrderId id, std::string_view session,
                 std::string_view url, base::Instant now);

// For the webhook, which knows no account before it found the order.
[[nodiscard]] std::optional<Order> find_any_order(sql::OperatorTx& tx, base::OrderId id);
[[nodiscard]] std::optional<Order> find_order_of_session(sql::OperatorTx& tx,
                                                         std::string_view session);
struct Payment {
  base::GrantId grant;
  std::string session;
  std::string payment_intent;  // may be empty
  base::Instant at;
};
void mark_paid(sql::OperatorTx& tx, base::OrderId id, const Payment& payment);
// failed or expired; leaves a paid order as it is.
void mark_closed(sql::OperatorTx& tx, base::OrderId id, OrderState state, base::Instant now);

}  // namespace billing
