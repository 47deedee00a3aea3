// The applications behind Redline: for each prefix where it goes and by which rules. Thread-safe;
// outlives the server. Everything passed by reference outlives it.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "features/gateway/gateway_options.hpp"
#include "features/gateway/header_rules.hpp"
#include "http/upstream.hpp"

namespace gateway {

struct RouteHealth {
  std::string_view prefix;
  http::UpstreamHealth upstream;
};

class GatewayService {
 public:
  // `invalid` names the mistakes of the routes.
  [[nodiscard]] static base::Result<std::unique_ptr<GatewayService>> open(GatewayOptions options,
                                                                          const base::Clock& clock,
                                                                          base::Log& log);

  [[nodiscard]] const GatewayOptions& options() const { return options_; }
  [[nodiscard]] std::vector<RouteHealth> health() const;
  // Answers the exchange from the application of that route (an index into options().routes).
  base::Task<base::Result<void>> forward(http::Exchange& exchange, std::size_t route);

 private:
  struct Route {
    http::Upstream upstream;
    HeaderRules rules;
  };

  GatewayService(GatewayOptions options, const base::Clock& clock, base::Log& log)
      : options_(std::move(options)), clock_(clock), log_(log) {}
  void note_failure(const http::Exchange& exchange, Route& route, http::ForwardEnd end);

  const GatewayOptions options_;
  const base::Clock& clock_;
  base::Log& log_;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace gateway
