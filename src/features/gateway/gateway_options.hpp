// What the operator says about the applications behind Redline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace gateway {

struct RouteOptions {
  std::string prefix;        // "/app/": begins and ends with a slash
  std::string upstream;      // "http://127.0.0.1:5000"
  bool strip_prefix = true;  // the application sees "/x" instead of "/app/x"
  bool metered = true;       // needs balance, and its time is use
  bool sign_in = true;       // false: open to everybody (then not metered)
  bool credentials = false;  // Authorization and the session cookie go on to the application
};

struct GatewayOptions {
  std::vector<RouteOptions> routes{};
  base::Millis connect_timeout{2'000};
  base::Millis first_byte_timeout{60'000};
  base::Millis idle_timeout{60'000};
  std::size_t keep_alive = 64;
  std::size_t max_body_bytes = 1U << 30U;
  std::vector<std::string> plans{};  // their ids, by Caller::plan
  // Cross-origin headers are Redline's: the application's are dropped.
  bool own_cors = false;
};

struct UpstreamAddress {
  std::string host;  // without brackets
  std::uint16_t port = 80;
};

// "http://host[:port]" without a path; `invalid` with a plain sentence.
[[nodiscard]] base::Result<UpstreamAddress> parse_upstream(std::string_view url);
// Sentences about what is wrong with the routes, each beginning with the prefix it is about.
void find_mistakes(const std::vector<RouteOptions>& routes, std::vector<std::string>& mistakes);

}  // namespace gateway
