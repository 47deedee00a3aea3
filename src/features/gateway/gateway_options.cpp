#include "features/gateway/gateway_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "http/text.hpp"

namespace gateway {
namespace {

// What Redline itself answers.
constexpr std::array<std::string_view, 7> kOwnPrefixes{
    "/v1/", "/health/", "/metrics/", "/docs/", "/openapi.json/", "/.well-known/", "/assets/"};

bool is_prefix(std::string_view text) {
  if (!text.starts_with('/') || !text.ends_with('/') || text.contains("//")) return false;
  return std::ranges::all_of(text, [](char c) {
    const char low = http::ascii_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '-' ||
           c == '_' || c == '.';
  });
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    const char low = http::ascii_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == ':';
  });
}

}  // namespace

base::Result<UpstreamAddress> parse_upstream(std::string_view url) {
  const auto wrong = base::fail(base::ErrorCode::invalid, "bad_upstream",
                                "the upstream is http://host:port, without a path");
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return wrong;
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  UpstreamAddress address;
  const auto colon = url.rfind(':');
  const bool bracketed = url.starts_with('[');
  const bool has_port = colon != std::string_view::npos && !url.ends_with(']');
  if (has_port) {
    const char* const end = url.data() + url.size();
    const auto [rest, error] = std::from_chars(url.data() + colon + 1, end, address.port);
    if (error != std::errc{} || rest != end || address.port == 0) return wrong;
    url = url.substr(0, colon);
  }
  if (bracketed) {
    if (!url.ends_with(']')) return wrong;
    url = url.substr(1, url.size() - 2);
  } else if (url.contains(':')) {
    return wrong;
  }
  if (!is_host(url)) return wrong;
  address.host = url;
  return address;
}

void find_mistakes(const std::vector<RouteOptions>& routes, std::vector<std::string>& mistakes) {
  for (const auto& route : routes) {
    const auto mistake = [&](std::string_view what) {
      mistakes.push_back(fmt::format("gateway.routes: '{}': {}", route.prefix, what));
    };
    if (!is_prefix(route.prefix))
      mistake("a prefix begins and ends with a slash and holds letters, digits, - _ . and /");
    if (std::ranges::any_of(kOwnPrefixes, [&](auto own) { return route.prefix.starts_with(own); }))
      mistake("Redline itself answers there");
    if (std::ranges::count(routes, route.prefix, &RouteOptions::prefix) > 1)
      mistake("is there twice");
    if (const auto address = parse_upstream(route.upstream); !address)
      mistake(address.error().message);
    if (route.metered && !route.sign_in)
      mistake("metered use needs somebody to charge: sign_in = false goes with metered = false");
  }
}

}  // namespace gateway
