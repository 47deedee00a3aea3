#include "features/gateway/authz_api.hpp"

#include <string_view>

#include "features/gateway/identity_headers.hpp"
#include "http/same_origin.hpp"
#include "http/text.hpp"

namespace gateway {
namespace {

constexpr std::size_t kMaxBodyBytes = 65'536;  // Envoy may send some of the body; it is not read

http::RoutePolicy policy() {
  http::RoutePolicy policy;
  policy.scope = http::Scope::query;
  policy.metered = true;
  policy.cost = http::CostClass::work;
  policy.max_body_bytes = kMaxBodyBytes;
  policy.csrf = http::Csrf::same_origin;
  policy.forward_auth = true;
  policy.foreign_query = true;
  return policy;
}

std::string_view first_of(const http::Request& request,
                          std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto value = request.header(name)) return *value;
  return {};
}

// The request that the proxy asks about, when it says more than its own.
bool may_change_something(const http::Request& request) {
  const auto method = first_of(request, {"x-forwarded-method", "x-original-method"});
  const auto upgrade = request.header("upgrade").value_or("");
  if (http::equals_ignoring_case(upgrade, "websocket")) return true;
  return !method.empty() && method != "GET" && method != "HEAD" && method != "OPTIONS";
}

base::Result<void> allow(http::Exchange& exchange, const std::vector<std::string>& plans,
                         int status) {
  const auto& request = exchange.request;
  if (exchange.caller.credential == http::Credential::cookie && may_change_something(request) &&
      !http::is_same_origin(request, first_of(request, {"x-forwarded-host", "host"})))
    return base::fail(base::ErrorCode::forbidden, "csrf_invalid",
                      "This request comes from a page of another origin.");
  exchange.response.status = status;
  exchange.response.content_type = {};
  append_identity_headers(exchange.response.headers, exchange.caller, plans);
  return {};
}

}  // namespace

void add_authz_routes(http::Router& router, const std::vector<std::string>& plans) {
  router.get("/v1/authz", policy(),
             [&plans](http::Exchange& exchange) { return allow(exchange, plans, 204); });
  for (const auto method : {http::Method::get, http::Method::post, http::Method::put,
                            http::Method::patch, http::Method::del})
    router.add({method, "/v1/authz/{path...}", policy(),
                [&plans](http::Exchange& exchange) { return allow(exchange, plans, 200); }});
}

void shape_refusal(http::Exchange& exchange) {
  auto& response = exchange.response;
  if (response.status < 400) return;
  response.header("Redline-Status", std::to_string(response.status));
  response.header("Redline-Problem", response.body);
  if (response.status != 401 && exchange.request.query_value("refuse") == "403")
    response.status = 403;
}

}  // namespace gateway
