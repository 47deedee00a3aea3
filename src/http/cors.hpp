// Which other origins may call the API from a browser. Pure; the pipeline applies the decision.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/exchange.hpp"

namespace http {

enum class CorsKind : std::uint8_t {
  none,       // no Origin header: not a browser's cross-origin call
  refused,    // origin not listed: no CORS header, the browser keeps the answer from the page
  allowed,    // ordinary request of a listed origin
  preflight,  // OPTIONS with Access-Control-Request-Method of a listed origin: answer 204 at once
};

// `allowed` are exact origins ("https://app.example.com"); "*" admits every origin by name, but
// then without credentials.
[[nodiscard]] CorsKind cors_decision(const Request& request, std::span<const std::string> allowed);
// Adds the headers of the decision, and always Vary: Origin when `allowed` is not empty.
void add_cors_headers(Exchange& exchange, CorsKind kind, std::span<const std::string> allowed);

}  // namespace http
