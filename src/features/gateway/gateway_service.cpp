#include "features/gateway/gateway_service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "features/gateway/target_path.hpp"
#include "features/gateway/upstream_problem.hpp"
#include "http/problem.hpp"
#include "http/router.hpp"

namespace gateway {
namespace {

std::string authority_of(const UpstreamAddress& address) {
  if (address.host.contains(':')) return fmt::format("[{}]:{}", address.host, address.port);
  return fmt::format("{}:{}", address.host, address.port);
}

}  // namespace

base::Result<std::unique_ptr<GatewayService>> GatewayService::open(GatewayOptions options,
                                                                   const base::Clock& clock,
                                                                   base::Log& log) {
  std::vector<std::string> mistakes;
  find_mistakes(options.routes, mistakes);
  if (!mistakes.empty())
    return base::fail(base::ErrorCode::invalid, "bad_configuration",
                      fmt::format("{}", fmt::join(mistakes, "\n")));
  std::unique_ptr<GatewayService> service(new GatewayService(std::move(options), clock, log));
  const auto& given = service->options_;
  for (const auto& route : given.routes) {
    RL_TRY(const auto address, parse_upstream(route.upstream));
    service->routes_.push_back(std::unique_ptr<Route>(
        new Route{.upstream = http::Upstream({.host = address.host,
                                              .port = address.port,
                                              .connect_timeout = given.connect_timeout,
                                              .first_byte_timeout = given.first_byte_timeout,
                                              .idle_timeout = given.idle_timeout,
                                              .keep_alive = given.keep_alive}),
                  .rules = HeaderRules({.prefix = route.prefix,
                                        .authority = authority_of(address),
                                        .strip_prefix = route.strip_prefix,
                                        .credentials = route.credentials,
                                        .own_cors = given.own_cors,
                                        .plans = &given.plans})}));
  }
  return service;
}

std::vector<RouteHealth> GatewayService::health() const {
  std::vector<RouteHealth> all;
  for (std::size_t i = 0; i < routes_.size(); ++i)
    all.push_back({options_.routes[i].prefix, routes_[i]->upstream.health()});
  return all;
}

base::Task<base::Result<void>> GatewayService::forward(http::Exchange& exchange,
                                                       std::size_t index) {
  Route& route = *routes_[index];
  const auto& options = options_.routes[index];
  const auto path = upstream_target(exchange.request.path, options.prefix, options.strip_prefix);
  if (is_ambiguous_path(path))
    co_return base::fail(base::ErrorCode::malformed, "ambiguous_path",
                         "The address holds \".\", \"..\", \"\\\" or \"//\" where it must not.");
  route.upstream.count_request();
  auto end = http::ForwardEnd::unavailable;
  if (route.upstream.may_try(exchange.request.arrived))
    end = co_await http::forward(exchange, route.upstream, route.rules, clock_);
  if (end == http::ForwardEnd::answered) co_return base::Result<void>{};
  if (end == http::ForwardEnd::cut) co_return std::unexpected(*exchange.interrupt->cut);
  if (end == http::ForwardEnd::body_failed)
    co_return base::fail(base::ErrorCode::malformed, "body_cut_off", "The body ended too early.");
  if (is_upstream_fault(end)) note_failure(exchange, route, end);
  const auto problem = upstream_problem(end);
  http::render_problem(exchange, problem.error, problem.status);
  co_return base::Result<void>{};
}

void GatewayService::note_failure(const http::Exchange& exchange, Route& route,
                                  http::ForwardEnd end) {
  route.upstream.count_failure();
  log_.warning("upstream_failed", {{"request_id", exchange.request.request_id},
                                   {"route", exchange.route->pattern},
                                   {"reason", upstream_problem(end).error.reason}});
}

}  // namespace gateway
