// The routes of the gateway: everything below a configured prefix, for every method but OPTIONS,
// which Redline answers itself (a preflight brings no credential).
#pragma once

#include "features/gateway/gateway_service.hpp"
#include "http/router.hpp"

namespace gateway {

void add_routes(http::Router& router, GatewayService& gateway);

}  // namespace gateway
