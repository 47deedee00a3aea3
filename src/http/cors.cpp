#include "http/cors.hpp"

#include <algorithm>

namespace http {
namespace {

bool allows_every_origin(std::span<const std::string> allowed) {
  return std::ranges::find(allowed, "*") != allowed.end();
}

bool is_listed(std::string_view origin, std::span<const std::string> allowed) {
  return std::ranges::find(allowed, origin) != allowed.end();
}

}  // namespace

CorsKind cors_decision(const Request& request, std::span<const std::string> allowed) {
  const auto origin = request.header("origin");
  if (!origin) return CorsKind::none;
  if (!is_listed(*origin, allowed) && !allows_every_origin(allowed)) return CorsKind::refused;
  const bool asks =
      request.method == Method::options && request.header("access-control-request-method");
  return asks ? CorsKind::preflight : CorsKind::allowed;
}

void add_cors_headers(Exchange& exchange, CorsKind kind, std::span<const std::string> allowed) {
  Response& response = exchange.response;
  if (!allowed.empty()) response.header("Vary", "Origin");
  if (kind == CorsKind::none || kind == CorsKind::refused) return;
  const auto origin = exchange.request.header("origin").value_or("");
  response.header("Access-Control-Allow-Origin", origin);
  // Cookies only for origins named one by one: "*" must never open the session to the world.
  if (is_listed(origin, allowed)) response.header("Access-Control-Allow-Credentials", "true");
  if (kind == CorsKind::allowed) {
    response.header("Access-Control-Expose-Headers",
                    "X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, "
                    "Redline-Remaining-Seconds, Redline-Run");
    return;
  }
  response.header("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  response.header("Access-Control-Allow-Headers",
                  "Authorization, Content-Type, Idempotency-Key, X-CSRF-Token, X-Request-Id, "
                  "Last-Event-ID");
  response.header("Access-Control-Max-Age", "7200");
}

}  // namespace http
