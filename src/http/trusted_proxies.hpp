// Who the client is when proxies stand in between. Only addresses on the list are believed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/exchange.hpp"

namespace http {

class TrustedProxies {
 public:
  TrustedProxies() = default;
  // Addresses or CIDR ranges, IPv4 and IPv6; `invalid` names the first that is neither.
  [[nodiscard]] static base::Result<TrustedProxies> parse(const std::vector<std::string>& texts);

  [[nodiscard]] bool trusts(std::string_view address) const;

  // Sets peer_address and secure of a request that came from `request.peer_address`: the rightmost
  // address of X-Forwarded-For that is not itself a trusted proxy; X-Forwarded-Proto likewise only
  // from a trusted one. Views into the header.
  void apply(Request& request) const;

 private:
  struct Range {
    std::array<std::uint8_t, 16> address;  // IPv4 as ::ffff:a.b.c.d
    unsigned bits;
  };
  std::vector<Range> ranges_;
};

}  // namespace http
