// The gateway's options out of the configuration.
#pragma once

#include "app/config.hpp"
#include "features/gateway/gateway_options.hpp"

namespace app {

[[nodiscard]] gateway::GatewayOptions gateway_options(const Config& config);
// Whether the application behind Redline has the root, and with it the place of our page.
[[nodiscard]] bool gives_root_away(const Config& config);

}  // namespace app
