#include "features/billing/order_store.hpp"

#include <string>

#include "base/check.hpp"

namespace billing {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, account_id, sku, quantity, hours, amount, currency, expires_days, state, "
    "created_at, paid_at, grant_id, session_id, checkout_url FROM orders ";

std::string select(std::string_view where) { return std::string(kSelect).append(where); }

std::optional<std::string> text_or_null(const sql::Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional{std::string(row.text(column))};
}

Order read_order(const sql::Statement& row) {
  const auto id = base::OrderId::parse(row.text(0));
  const auto account = base::AccountId::parse(row.text(1));
  const auto state = parse_order_state(row.text(8));
  RL_CHECK(id && account && state, "an order row is well-formed");
  Order order{.id = *id,
              .account = *account,
              .sku = std::string(row.text(2)),
              .quantity = row.integer(3),
              .hours = row.integer(4),
              .amount = {row.integer(5), std::string(row.text(6))},
              .expires_days = row.integer(7),
              .state = *state,
              .created_at = base::from_micros(row.integer(9)),
              .session = text_or_null(row, 12),
              .url = text_or_null(row, 13)};
  if (!row.is_null(10)) order.paid_at = base::from_micros(row.integer(10));
  if (!row.is_null(11)) order.grant = base::GrantId::parse(row.text(11));
  return order;
}

std::optional<Order> read_one(sql::Statement& statement) {
  return statement.step() ? std::optional{read_order(statement)} : std::nullopt;
}

}  // namespace

bool insert_order(sql::AccountTx& tx, const Order& order,
                  const std::optional<std::string>& idempotency_key) {
  const auto id = order.id.text();
  const auto now = base::to_micros(order.created_at);
  auto insert = tx.prepare(
      "INSERT INTO orders (account_id, id, sku, quantity, hours, amount, currency, expires_days, "
      "state, idempotency_key, created_at, updated_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
      "ON CONFLICT (account_id, idempotency_key) DO NOTHING");
  insert.bind(2, std::string_view{id}).bind(3, std::string_view{order.sku});
  insert.bind(4, order.quantity).bind(5, order.hours).bind(6, order.amount.amount);
  insert.bind(7, std::string_view{order.amount.currency}).bind(8, order.expires_days);
  insert.bind(9, order_state_name(order.state));
  if (idempotency_key)
    insert.bind(10, std::string_view{*idempotency_key});
  else
    insert.bind(10, std::nullopt);
  insert.bind(11, now).bind(12, now);
  return insert.run() == 1;
}

std::optional<Order> find_order(sql::AccountTx& tx, base::OrderId id) {
  const auto text = id.text();
  auto found = tx.prepare(select("WHERE account_id = $1 AND id = $2"));
  found.bind(2, std::string_view{text});
  return read_one(found);
}

std::optional<Order> find_order_by_key(sql::AccountTx& tx, std::string_view key) {
  auto found = tx.prepare(select("WHERE account_id = $1 AND idempotency_key = $2"));
  found.bind(2, key);
  return read_one(found);
}

std::vector<Order> load_orders(sql::AccountTx& tx, std::optional<base::OrderId> before, int limit) {
  const auto bound = before ? before->text() : std::string{};
  auto rows =
      tx.prepare(before ? select("WHERE account_id = $1 AND id < $3 ORDER BY id DESC LIMIT $2")
                        : select("WHERE account_id = $1 ORDER BY id DESC LIMIT $2"));
  rows.bind(2, static_cast<std::int64_t>(limit));
  if (before) rows.bind(3, std::string_view{bound});
  std::vector<Order> orders;
  while (rows.step()) orders.push_back(read_order(rows));
  return orders;
}

void set_session(sql::AccountTx& tx, base::OrderId id, std::string_view session,
                 std::string_view url, base::Instant now) {
  const auto text = id.text();
  auto update = tx.prepare(
      "UPDATE orders SET session_id = $3, checkout_url = $4, updated_at = $5 "
      "WHERE account_id = $1 AND id = $2 AND session_id IS NULL");
  update.bind(2, std::string_view{text}).bind(3, session).bind(4, url);
  update.bind(5, base::to_micros(now)).run();
}

std::optional<Order> find_any_order(sql::OperatorTx& tx, base::OrderId id) {
  const auto text = id.text();
  auto found = tx.prepare(select("WHERE id = $1"));
  found.bind(1, std::string_view{text});
  return read_one(found);
}

std::optional<Order> find_order_of_session(sql::OperatorTx& tx, std::string_view session) {
  auto found = tx.prepare(select("WHERE session_id = $1"));
  found.bind(1, session);
  return read_one(found);
}

void mark_paid(sql::OperatorTx& tx, base::OrderId id, const Payment& payment) {
  const auto text = id.text();
  const auto grant = payment.grant.text();
  auto update = tx.prepare(
      "UPDATE orders SET state = 'paid', paid_at = $2, grant_id = $3, session_id = $4, "
      "payment_intent = $5, updated_at = $2 WHERE id = $1");
  update.bind(1, std::string_view{text}).bind(2, base::to_micros(payment.at));
  update.bind(3, std::string_view{grant}).bind(4, std::string_view{payment.session});
  if (payment.payment_intent.empty())
    update.bind(5, std::nullopt);
  else
    update.bind(5, std::string_view{payment.payment_intent});
  RL_CHECK(update.run() == 1, "the order that is paid exists");
}

void mark_closed(sql::OperatorTx& tx, base::OrderId id, OrderState state, base::Instant now) {
  const auto text = id.text();
  auto update =
      tx.prepare("UPDATE orders SET state = $2, updated_at = $3 WHERE id = $1 AND state <> 'paid'");
  update.bind(1, std::string_view{text}).bind(2, order_state_name(state));
  update.bind(3, base::to_micros(now)).run();
}

}  // namespace billing
