#include "features/billing/billing_api.hpp"
#include "http/list_limit.hpp"

#include "base/json.hpp"

namespace billing {
namespace {

constexpr std::size_t kMaxKeyBytes = 255;
constexpr std::size_t kMaxEventBytes = 1'048'576;

void write_money(base::JsonWriter& out, const base::Money& money) {
  out.begin_object();
  out.field("amount", money.amount);
  out.field("currency", money.currency);
  out.end_object();
}

void write_order(base::JsonWriter& out, const Order& order) {
  out.begin_object();
  out.field("id", order.id.text());
  out.field("state", order_state_name(order.state));
  out.field("sku", order.sku);
  out.field("quantity", order.quantity);
  out.field("hours", order.hours);
  out.key("amount");
  write_money(out, order.amount);
  out.field("created_at", base::format_rfc3339(order.created_at));
  out.key("paid_at");
  if (order.paid_at)
    out.value(base::format_rfc3339(*order.paid_at));
  else
    out.null();
  out.key("grant_id");
  if (order.grant)
    out.value(order.grant->text());
  else
    out.null();
  out.end_object();
}

base::Result<std::optional<std::string>> idempotency_key(const http::Request& request) {
  const auto given = request.header("Idempotency-Key");
  if (!given) return std::nullopt;
  if (given->empty() || given->size() > kMaxKeyBytes)
    return base::invalid_field("Idempotency-Key", "Idempotency-Key must have 1 to 255 characters.");
  return std::string(*given);
}

base::Result<CheckoutRequest> parse_checkout(const http::Exchange& exchange) {
  RL_TRY(auto key, idempotency_key(exchange.request));
  RL_TRY(const auto object, base::parse_json_object(exchange.request.body));
  base::ObjectReader reader(object);
  CheckoutRequest request{.account = exchange.caller.account,
                          .sku = reader.text("sku", 1, 64),
                          .quantity = reader.integer_or("quantity", 1, kMaxQuantity, 1),
                          .idempotency_key = std::move(key)};
  RL_TRY_VOID(reader.finish());
  return request;
}

base::Task<base::Result<void>> post_checkout(BillingService& service, http::Exchange& exchange) {
  RL_CO_TRY(auto request, parse_checkout(exchange));
  const auto order = co_await service.start_checkout(std::move(request));
  if (!order) co_return std::unexpected(order.error());
  exchange.response.status = 201;
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("order");
  write_order(out, *order);
  out.field("url", order->url.value_or(""));
  out.end_object();
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> get_checkout(BillingService& service, http::Exchange& exchange) {
  const auto id = base::OrderId::parse(exchange.path_values[0]);
  if (!id) co_return base::fail(base::ErrorCode::not_found, "not_found", "There is no such order.");
  const auto order = co_await service.load_order(exchange.caller.account, *id);
  if (!order) co_return std::unexpected(order.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("order");
  write_order(out, *order);
  out.end_object();
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> get_payments(BillingService& service, http::Exchange& exchange) {
  RL_CO_TRY(const int limit, http::list_limit(exchange.request));
  auto cursor = exchange.request.query_value("cursor").value_or("");
  const auto page = co_await service.list_orders(exchange.caller.account, std::move(cursor), limit);
  if (!page) co_return std::unexpected(page.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("data");
  out.begin_array();
  for (const auto& order : page->orders) write_order(out, order);
  out.end_array();
  out.field("next_cursor", page->next_cursor);
  out.end_object();
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> post_event(BillingService& service, http::Exchange& exchange) {
  std::string signature(exchange.request.header("Stripe-Signature").value_or(""));
  const auto received =
      co_await service.receive_event(std::move(signature), std::string(exchange.request.body));
  if (!received) co_return std::unexpected(received.error());
  exchange.response.body += R"({"received":true})";
  co_return base::Result<void>{};
}

void write_pack(base::JsonWriter& out, const Pack& pack) {
  out.begin_object();
  out.field("sku", pack.sku);
  out.field("hours", pack.hours);
  out.key("price");
  write_money(out, pack.price);
  out.field("expires_days", pack.expires_days);
  out.end_object();
}

void write_plan(base::JsonWriter& out, const PlanOffer& plan) {
  out.begin_object();
  out.field("id", plan.id);
  out.field("name", plan.name);
  out.key("limits");
  out.begin_object();
  out.key("requests");
  out.begin_array();
  for (const auto& allowance : plan.requests) out.value(allowance);
  out.end_array();
  out.field("storage_mb", plan.storage_mb);
  out.field("max_upload_mb", plan.max_upload_mb);
  out.field("concurrent_queries", plan.concurrent_queries);
  out.end_object();
  out.field("included_hours", plan.included_hours);
  out.field("trial_hours", plan.trial_hours);
  out.key("price");
  out.null();
  out.key("period");
  out.null();
  out.end_object();
}

std::string render_plans(const BillingOptions& options) {
  std::string body;
  base::JsonWriter out(body);
  out.begin_object();
  out.field("test_mode", !options.live);
  out.key("packs");
  out.begin_array();
  for (const auto& pack : options.packs) write_pack(out, pack);
  out.end_array();
  out.key("plans");
  out.begin_array();
  for (const auto& plan : options.plans) write_plan(out, plan);
  out.end_array();
  out.end_object();
  return body;
}

}  // namespace

void add_routes(http::Router& router, BillingService& service) {
  using http::Access;
  using http::CostClass;
  using http::Method;
  router.get("/v1/plans", {.access = Access::open, .cost = CostClass::free},
             [body = render_plans(service.options())](http::Exchange& exchange) {
               exchange.response.body += body;
               return base::Result<void>{};
             });
  const http::RoutePolicy look{.scope = http::Scope::billing_read};
  router.add_async(
      Method::post, "/v1/checkout",
      {.scope = http::Scope::billing_write, .cost = CostClass::guess, .max_body_bytes = 16'384},
      [&service](http::Exchange& exchange) { return post_checkout(service, exchange); });
  router.add_async(Method::get, "/v1/checkout/{order}", look, [&service](http::Exchange& exchange) {
    return get_checkout(service, exchange);
  });
  router.add_async(Method::get, "/v1/payments", look, [&service](http::Exchange& exchange) {
    return get_payments(service, exchange);
  });
  // Stripe comes in bursts and from few addresses: no rate limit, the signature is the gate.
  router.add_async(
      Method::post, "/v1/webhooks/stripe",
      {.access = Access::signature, .cost = CostClass::free, .max_body_bytes = kMaxEventBytes},
      [&service](http::Exchange& exchange) { return post_event(service, exchange); });
}

}  // namespace billing
