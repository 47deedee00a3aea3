// POST /v1/auth/{register,login,logout,refresh}, GET /v1/session, GET /.well-known/jwks.json.
#pragma once

#include "features/identity/identity_service.hpp"
#include "http/router.hpp"

namespace identity {

// `service` outlives the router.
void add_routes(http::Router& router, IdentityService& service);

}  // namespace identity
