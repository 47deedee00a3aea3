#include "http/trusted_proxies.hpp"

#include <charconv>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

#include "http/text.hpp"

namespace http {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

struct Address {
  Bytes bytes{};
  bool v4 = false;
};

std::optional<Address> parse_address(std::string_view text) {
  std::array<char, 48> terminated{};
  if (text.size() >= terminated.size()) return std::nullopt;
  text.copy(terminated.data(), text.size());
  Address address;
  if (inet_pton(AF_INET, terminated.data(), address.bytes.data() + 12) == 1) {
    address.bytes[10] = address.bytes[11] = 0xFF;
    address.v4 = true;
    return address;
  }
  if (inet_pton(AF_INET6, terminated.data(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

// "203.0.113.7", "203.0.113.7:4711", "[2001:db8::1]:4711", "2001:db8::1": the address alone.
std::string_view without_port(std::string_view hop) {
  if (hop.starts_with('[')) return hop.substr(1, std::min(hop.find(']'), hop.size()) - 1);
  const auto colon = hop.find(':');
  if (colon != std::string_view::npos && hop.find(':', colon + 1) == std::string_view::npos)
    return hop.substr(0, colon);
  return hop;
}

bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

base::Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& texts) {
  TrustedProxies proxies;
  for (const std::string_view text : texts) {
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    unsigned bits = address && address->v4 ? 32 : 128;
    bool good = address.has_value();
    if (good && slash != std::string_view::npos) {
      const char* end = text.data() + text.size();
      unsigned given = 0;
      const auto parsed = std::from_chars(text.data() + slash + 1, end, given);
      good = parsed.ec == std::errc{} && parsed.ptr == end && given <= bits;
      bits = given;
    }
    if (!good)
      return base::fail(base::ErrorCode::invalid, "bad_trusted_proxy",
                        "trusted_proxies: \"" + std::string(text) +
                            "\" is neither an address nor a range such as 10.0.0.0/8.");
    proxies.ranges_.push_back({address->bytes, address->v4 ? bits + 96 : bits});
  }
  return proxies;
}

bool TrustedProxies::trusts(std::string_view address) const {
  if (ranges_.empty()) return false;
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  for (const Range& range : ranges_)
    if (same_prefix(range.address, parsed->bytes, range.bits)) return true;
  return false;
}

void TrustedProxies::apply(Request& request) const {
  if (!trusts(request.peer_address)) return;
  for (const auto& field : request.headers)  // the last one was added by the nearest proxy
    if (equals_ignoring_case(field.name, "x-forwarded-proto"))
      request.secure =
          equals_ignoring_case(trim(field.value.substr(field.value.rfind(',') + 1)), "https");
  for (auto field = request.headers.rbegin(); field != request.headers.rend(); ++field) {
    if (!equals_ignoring_case(field->name, "x-forwarded-for")) continue;
    std::string_view rest = field->value;
    while (!rest.empty()) {
      const auto comma = rest.rfind(',');
      const auto hop =
          without_port(trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1)));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
      if (!parse_address(hop)) return;  // what stands further left was not written by a proxy
      request.peer_address = hop;
      if (!trusts(hop)) return;
    }
  }
}

}  // namespace http
