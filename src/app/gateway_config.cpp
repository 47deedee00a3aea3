#include "app/gateway_config.hpp"

#include <algorithm>

namespace app {

gateway::GatewayOptions gateway_options(const Config& config) {
  const auto& given = config.gateway;
  gateway::GatewayOptions options;
  options.connect_timeout = base::Millis{given.connect_timeout_ms};
  options.first_byte_timeout = base::Millis{given.first_byte_timeout_ms};
  options.idle_timeout = base::Millis{given.idle_timeout_ms};
  options.keep_alive = static_cast<std::size_t>(given.keep_alive);
  options.max_body_bytes = static_cast<std::size_t>(given.max_body_mb) << 20U;
  options.own_cors = !config.server.cors_origins.empty();
  for (const auto& plan : config.plans) options.plans.push_back(plan.id);
  for (const auto& route : given.routes)
    options.routes.push_back({.prefix = route.prefix,
                              .upstream = route.upstream,
                              .strip_prefix = route.strip_prefix,
                              .metered = route.metered,
                              .sign_in = route.sign_in,
                              .credentials = route.credentials});
  return options;
}

bool gives_root_away(const Config& config) {
  return std::ranges::any_of(config.gateway.routes,
                             [](const auto& route) { return route.prefix == "/"; });
}

}  // namespace app
