// Forward-auth: a proxy in front of any application asks here before it lets a request through. The
// pipeline has already decided when the handler runs, and its answer is use like any other.
//
//   GET /v1/authz                 204 with identity headers   nginx auth_request, Caddy, Traefik
//   any /v1/authz/{original path} 200 with identity headers   Envoy ext_authz
//
// A refusal is 401, 402, 403 or 429 as everywhere, with two headers besides, for proxies that pass
// on headers and not bodies: Redline-Status and Redline-Problem (the document on one line).
// `?refuse=403` turns every refusal but 401 into 403: nginx takes nothing else for a refusal.
#pragma once

#include <string>
#include <vector>

#include "http/router.hpp"

namespace gateway {

// `plans` are ids, by Caller::plan; they outlive the router.
void add_authz_routes(http::Router& router, const std::vector<std::string>& plans);
// For Pipeline::decorate(), on routes whose policy says forward_auth.
void shape_refusal(http::Exchange& exchange);

}  // namespace gateway
