#include "features/gateway/gateway_api.hpp"

namespace gateway {
namespace {

http::RoutePolicy policy_of(const RouteOptions& route, std::size_t max_body_bytes) {
  http::RoutePolicy policy;
  policy.access = route.sign_in ? http::Access::signed_in : http::Access::open;
  policy.scope = http::Scope::query;
  policy.metered = route.metered;
  policy.cost = http::CostClass::work;
  policy.body = http::BodyMode::streamed;
  policy.max_body_bytes = max_body_bytes;
  policy.cut = http::CutBy::interrupt;
  policy.csrf = http::Csrf::same_origin;
  policy.lasting = true;
  policy.foreign_query = true;
  return policy;
}

// "/app" itself: the application's relative links need the slash.
base::Result<void> add_slash(http::Exchange& exchange) {
  exchange.response.status = 308;
  exchange.response.content_type = {};
  const auto& request = exchange.request;
  std::string to(request.path);
  to.push_back('/');
  if (!request.query.empty()) to.append("?").append(request.query);
  exchange.response.header("Location", to);
  return {};
}

}  // namespace

void add_routes(http::Router& router, GatewayService& gateway) {
  const auto& options = gateway.options();
  for (std::size_t i = 0; i < options.routes.size(); ++i) {
    const auto& route = options.routes[i];
    const auto policy = policy_of(route, options.max_body_bytes);
    for (const auto method : {http::Method::get, http::Method::post, http::Method::put,
                              http::Method::patch, http::Method::del})
      router.add_async(
          method, route.prefix + "{rest...}", policy,
          [&gateway, i](http::Exchange& exchange) { return gateway.forward(exchange, i); });
    if (route.prefix.size() > 1)
      router.get(
          route.prefix.substr(0, route.prefix.size() - 1),
          {.access = http::Access::open, .cost = http::CostClass::free, .foreign_query = true},
          add_slash);
  }
}

}  // namespace gateway
