#include "features/billing/test_checkout.hpp"

#include <fmt/format.h>

#include "features/billing/checkout_page.hpp"
#include "features/billing/order_store.hpp"
#include "features/billing/signature.hpp"
#include "features/billing/test_event.hpp"
#include "http/assets.hpp"
#include "http/client.hpp"

namespace billing {
namespace {

constexpr std::string_view kSessionPrefix = "cs_test_";
constexpr std::size_t kMaxFormBytes = 1'024;

// The return page asks GET /v1/checkout/{order} for the state. Relative, so that the buyer stays on
// the address that holds the sign-in cookie.
std::string return_path(const Order& order) {
  return fmt::format("/?order={}#/pay", order.id.text());
}

std::unexpected<base::Error> no_checkout() {
  return base::fail(base::ErrorCode::not_found, "not_found", "There is no such checkout.");
}

// check_test_mode() looks at the configuration; this looks at who is really there, behind a proxy.
bool is_local(const http::Exchange& exchange) { return is_loopback(exchange.request.peer_address); }

base::Result<TestOutcome> parse_form(std::string_view body) {
  constexpr std::string_view kField = "outcome=";
  const auto outcome =
      body.starts_with(kField) ? parse_test_outcome(body.substr(kField.size())) : std::nullopt;
  if (outcome) return *outcome;
  base::Error error{base::ErrorCode::invalid,
                    "invalid_request",
                    "Some fields are wrong; see fields.",
                    {},
                    {},
                    {}};
  error.fields.push_back({"outcome", "must be paid, declined or cancelled"});
  return std::unexpected(std::move(error));
}

}  // namespace

TestCheckout::TestCheckout(sql::Database& database, const base::Clock& clock, base::Random& random,
                           const BillingOptions& options, std::function<std::string()> address)
    : database_(database),
      clock_(clock),
      random_(random),
      options_(options),
      address_(std::move(address)) {}

std::string TestCheckout::public_url() const {
  return options_.public_url.empty() ? address_() : options_.public_url;
}

base::Task<base::Result<CheckoutSession>> TestCheckout::create_session(const Order& order) {
  if (options_.mode != PaymentMode::test_page)
    co_return base::fail_internal("the test checkout is asked for a session in another mode");
  const auto id = base::format_id(kSessionPrefix, base::make_id_bits(order.created_at, random_));
  co_return CheckoutSession{.id = id, .url = fmt::format("{}/test-checkout/{}", public_url(), id)};
}

base::Task<base::Result<Order>> TestCheckout::find_order(std::string session) {
  auto order =
      co_await database_.read_operator<Order>([&](sql::OperatorTx& tx) -> base::Result<Order> {
        auto found = find_order_of_session(tx, session);
        if (!found) return no_checkout();
        return std::move(*found);
      });
  co_return order;
}

base::Task<base::Result<void>> TestCheckout::show(http::Exchange& exchange) {
  if (!is_local(exchange)) co_return no_checkout();
  const auto order = co_await find_order(exchange.path_values[0]);
  if (!order) co_return std::unexpected(order.error());
  exchange.response.content_type = "text/html; charset=utf-8";
  exchange.response.header("Cache-Control", "no-store");
  exchange.response.body += render_checkout_page(*order, return_path(*order));
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> TestCheckout::submit(http::Exchange& exchange) {
  if (!is_local(exchange)) co_return no_checkout();
  RL_CO_TRY(const auto outcome, parse_form(exchange.request.body));
  const auto order = co_await find_order(exchange.path_values[0]);
  if (!order) co_return std::unexpected(order.error());
  // A second click, or the back button: the order shows what became of it.
  if (order->state == OrderState::pending) {
    const auto now = clock_.now();
    const auto event_id = base::format_id("evt_test_", base::make_id_bits(now, random_));
    const auto delivered = co_await deliver(make_test_event(*order, outcome, event_id, now));
    if (!delivered) co_return std::unexpected(delivered.error());
  }
  exchange.response.status = 303;
  exchange.response.header("Location", return_path(*order));
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> TestCheckout::deliver(std::string event) {
  const auto now_seconds = base::to_unix_seconds(clock_.now());
  http::ClientRequest request;
  request.url = address_() + "/v1/webhooks/stripe";
  request.headers = {
      {"Content-Type", "application/json"},
      {"Stripe-Signature", sign(event, options_.webhook_secrets.front(), now_seconds)}};
  request.body = std::move(event);
  const auto answer = co_await http::fetch(std::move(request));
  if (answer && answer->status == 200) co_return base::Result<void>{};
  co_return base::fail(
      base::ErrorCode::overloaded, "overloaded",
      "The payment message could not be delivered. Please try again.",
      answer ? fmt::format("webhook answered {}", answer->status) : answer.error().detail);
}

void TestCheckout::add_routes(http::Router& router) {
  using http::Access;
  using http::CostClass;
  using http::Method;
  if (options_.mode != PaymentMode::test_page) return;
  router.add_async(Method::get, "/test-checkout/{session}",
                   {.access = Access::open, .cost = CostClass::light},
                   [this](http::Exchange& exchange) { return show(exchange); });
  router.add_async(
      Method::post, "/test-checkout/{session}",
      {.access = Access::open, .cost = CostClass::light, .max_body_bytes = kMaxFormBytes},
      [this](http::Exchange& exchange) { return submit(exchange); });
  http::add_asset_routes(router, checkout_style());
}

}  // namespace billing
