#include "features/billing/billing_service.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "features/billing/order_store.hpp"
#include "features/billing/signature.hpp"
#include "features/billing/webhook.hpp"

namespace billing {
namespace {

std::unexpected<base::Error> not_found() {
  return base::fail(base::ErrorCode::not_found, "not_found", "There is no such order.");
}

// The new order, or the one that this idempotency key made before.
base::Result<Order> insert_or_find(sql::AccountTx& tx, const Order& wanted,
                                   const std::optional<std::string>& key) {
  if (insert_order(tx, wanted, key)) return wanted;
  auto known = find_order_by_key(tx, *key);
  if (!known) return base::fail_internal("an order conflicts with nothing");
  if (known->sku != wanted.sku || known->quantity != wanted.quantity)
    return base::fail(base::ErrorCode::conflict, "idempotency_conflict",
                      "This Idempotency-Key was used for another order. Use a new key.");
  return std::move(*known);
}

base::Result<Order> keep_session(sql::AccountTx& tx, base::OrderId id,
                                 const CheckoutSession& session, base::Instant now) {
  set_session(tx, id, session.id, session.url, now);
  auto order = find_order(tx, id);
  if (!order) return base::fail_internal("the order vanished");
  return std::move(*order);
}

}  // namespace

BillingService::BillingService(sql::Database& database, ledger::LedgerService& ledger,
                               CheckoutProvider& provider, const base::Clock& clock,
                               base::Random& random, base::Log& log, BillingOptions options)
    : database_(database),
      ledger_(ledger),
      provider_(provider),
      clock_(clock),
      random_(random),
      log_(log),
      options_(std::move(options)) {}

base::Task<base::Result<Order>> BillingService::start_checkout(CheckoutRequest request) {
  const auto pack = std::ranges::find(options_.packs, request.sku, &Pack::sku);
  if (pack == options_.packs.end())
    co_return base::invalid_field("sku", "This sku is not for sale.");
  if (request.quantity < 1 || request.quantity > kMaxQuantity)
    co_return base::invalid_field("quantity",
                                  fmt::format("quantity must be 1 to {}.", kMaxQuantity));
  const auto now = clock_.now();
  const Order wanted{.id = base::OrderId::make(now, random_),
                     .account = request.account,
                     .sku = pack->sku,
                     .quantity = request.quantity,
                     .hours = pack->hours * request.quantity,
                     .amount = {pack->price.amount * request.quantity, pack->price.currency},
                     .expires_days = pack->expires_days,
                     .state = OrderState::pending,
                     .created_at = now};
  auto order = co_await database_.write<Order>(
      request.account, [&](sql::AccountTx& tx) -> base::Result<Order> {
        return insert_or_find(tx, wanted, request.idempotency_key);
      });
  if (!order || order->session) co_return order;

  const auto session = co_await provider_.create_session(*order);
  if (!session) co_return std::unexpected(session.error());
  auto started = co_await database_.write<Order>(
      request.account, [&](sql::AccountTx& tx) -> base::Result<Order> {
        return keep_session(tx, order->id, *session, now);
      });
  if (started)
    log_.info("checkout_started", {{"order", started->id.text()},
                                   {"account", started->account.text()},
                                   {"sku", started->sku},
                                   {"hours", started->hours}});
  co_return started;
}

base::Task<base::Result<Order>> BillingService::load_order(base::AccountId account,
                                                           base::OrderId id) {
  auto order =
      co_await database_.read<Order>(account, [&](sql::AccountTx& tx) -> base::Result<Order> {
        auto found = find_order(tx, id);
        if (!found) return not_found();
        return std::move(*found);
      });
  co_return order;
}

base::Task<base::Result<OrderPage>> BillingService::list_orders(base::AccountId account,
                                                                std::string cursor, int limit) {
  std::optional<base::OrderId> before;
  if (!cursor.empty()) {
    before = base::OrderId::parse(cursor);
    if (!before) co_return base::invalid_field("cursor", "This is not a cursor of this list.");
  }
  auto page = co_await database_.read<OrderPage>(
      account, [&](sql::AccountTx& tx) -> base::Result<OrderPage> {
        OrderPage loaded{.orders = load_orders(tx, before, limit + 1), .next_cursor = {}};
        if (std::ssize(loaded.orders) > limit) {
          loaded.orders.pop_back();
          loaded.next_cursor = loaded.orders.back().id.text();
        }
        return loaded;
      });
  co_return page;
}

base::Task<base::Result<void>> BillingService::receive_event(std::string signature,
                                                             std::string body) {
  const auto now = clock_.now();
  counters_.received.fetch_add(1);
  auto genuine = verify_signature(signature, body, options_.webhook_secrets,
                                  base::to_unix_seconds(now), options_.signature_tolerance_seconds);
  if (!genuine) {
    counters_.refused.fetch_add(1);
    log_.warning("webhook_refused", {{"why", genuine.error().detail}});
    co_return genuine;
  }
  const auto event = parse_event(body);
  if (!event) co_return std::unexpected(event.error());
  const Delivery delivery{.event = *event, .body = body, .at = now};
  const auto handled = co_await database_.write_operator<Handled>(
      [&](sql::OperatorTx& tx) { return handle_event(tx, ledger_, options_, delivery); });
  if (handled) {
    count(*handled);
    log_.info("webhook", {{"event", event->id},
                          {"type", event->type},
                          {"outcome", outcome_name(handled->outcome)},
                          {"order", handled->order},
                          {"detail", handled->detail}});
    co_return base::Result<void>{};
  }
  log_.error("webhook_failed", {{"event", event->id}, {"detail", handled.error().detail}});
  const auto noted =
      co_await database_.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        note_failure(tx, delivery, handled.error().reason);
        return true;
      });
  if (!noted) log_.error("webhook_not_noted", {{"event", event->id}});
  // Whatever was wrong, the sender must come again: never an answer that it takes for final.
  if (handled.error().code == base::ErrorCode::overloaded)
    co_return std::unexpected(handled.error());
  co_return base::fail_internal(handled.error().detail);
}

void BillingService::count(const Handled& handled) {
  if (handled.outcome == Outcome::granted) counters_.grants.fetch_add(1);
  if (handled.outcome == Outcome::repeated) counters_.repeated.fetch_add(1);
  if (handled.outcome == Outcome::other_type) counters_.other_types.fetch_add(1);
}

base::Task<base::Result<BillingHealth>> BillingService::load_health() {
  auto health = co_await database_.read_operator<BillingHealth>(
      [](sql::OperatorTx& tx) -> base::Result<BillingHealth> { return load_inbox_health(tx); });
  co_return health;
}

BillingCounters BillingService::counters() const {
  return {.events_received = counters_.received.load(),
          .signatures_refused = counters_.refused.load(),
          .events_repeated = counters_.repeated.load(),
          .events_of_other_types = counters_.other_types.load(),
          .grants_issued = counters_.grants.load()};
}

}  // namespace billing
