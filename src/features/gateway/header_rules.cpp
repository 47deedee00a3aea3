#include "features/gateway/header_rules.hpp"

#include <algorithm>
#include <array>

#include "features/gateway/identity_headers.hpp"
#include "features/gateway/target_path.hpp"
#include "http/text.hpp"

namespace gateway {
namespace {

using http::equals_ignoring_case;

constexpr std::string_view kSessionCookie = "rl_session";

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [&](auto one) { return equals_ignoring_case(name, one); });
}

bool starts_ignoring_case(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() &&
         equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

// What belongs to one connection; upgrades are written anew.
bool is_hop_by_hop(std::string_view name) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length",
       "upgrade", "te", "trailer", "proxy-authorization", "proxy-authenticate",
       "proxy-authentication-info", "http2-settings"});
  return is_one_of(name, kNames);
}

// What only Redline may say about a request.
bool is_ours_to_say(std::string_view name) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"host", "expect", "forwarded", "x-real-ip", "x-request-id"});
  static constexpr auto kFamilies =
      std::to_array<std::string_view>({kIdentityPrefix, "x-forwarded-", "x-original-"});
  return is_one_of(name, kNames) || std::ranges::any_of(kFamilies, [&](auto family) {
           return starts_ignoring_case(name, family);
         });
}

// What Redline says about an answer.
bool is_ours_to_answer(std::string_view name) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"date", "server", "x-request-id", "ratelimit", "ratelimit-policy", "redline-run",
       "redline-remaining-seconds", "alt-svc", "strict-transport-security"});
  return is_one_of(name, kNames);
}

bool has_plain_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    const char low = http::ascii_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// The values of all Connection headers, as one list.
template <class Headers>
std::string named_by_connection(const Headers& headers) {
  std::string names;
  for (const auto& field : headers) {
    if (!equals_ignoring_case(field.name, "connection")) continue;
    if (!names.empty()) names.append(",");
    names.append(field.value);
  }
  return names;
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// As browsers read a pair: they trim its name, and send the value alone of one that has no name.
bool is_session_cookie(std::string_view pair) {
  if (pair.starts_with('=')) pair.remove_prefix(1);
  const auto equals = pair.find('=');
  return equals != std::string_view::npos && http::trim(pair.substr(0, equals)) == kSessionCookie;
}

}  // namespace

std::string without_session(std::string_view cookies) {
  std::string kept;
  while (!cookies.empty()) {
    const auto end = cookies.find(';');
    const auto pair = http::trim(cookies.substr(0, end));
    cookies = end == std::string_view::npos ? std::string_view{} : cookies.substr(end + 1);
    if (pair.empty() || is_session_cookie(pair)) continue;
    if (!kept.empty()) kept.append("; ");
    kept.append(pair);
  }
  return kept;
}

bool HeaderRules::passes_on(const http::HeaderView& field, std::string_view connection) const {
  if (!has_plain_name(field.name) || is_hop_by_hop(field.name) || is_ours_to_say(field.name) ||
      http::list_has(connection, field.name))
    return false;
  if (options_.credentials) return true;
  return !equals_ignoring_case(field.name, "authorization") &&
         !equals_ignoring_case(field.name, "x-csrf-token");
}

void HeaderRules::append_request_head(std::string& out, const http::Exchange& exchange) const {
  const http::Request& request = exchange.request;
  out.append(http::method_name(request.method)).append(" ");
  out.append(upstream_target(request.target, options_.prefix, options_.strip_prefix));
  out.append(" HTTP/1.1\r\n");
  const auto host = request.header("host").value_or(options_.authority);
  append_line(out, "Host", host);
  const std::string connection = named_by_connection(request.headers);
  for (const auto& field : request.headers) {
    if (!passes_on(field, connection)) continue;
    if (!options_.credentials && equals_ignoring_case(field.name, "cookie")) {
      if (const auto kept = without_session(field.value); !kept.empty())
        append_line(out, field.name, kept);
    } else {
      append_line(out, field.name, field.value);
    }
  }
  append_line(out, "X-Request-Id", request.request_id);
  append_line(out, "X-Forwarded-For", request.peer_address);
  append_line(out, "X-Real-IP", request.peer_address);
  append_line(out, "X-Forwarded-Proto", request.secure ? "https" : "http");
  append_line(out, "X-Forwarded-Host", host);
  if (options_.strip_prefix)
    append_line(out, "X-Forwarded-Prefix",
                std::string_view{options_.prefix}.substr(0, options_.prefix.size() - 1));
  append_identity_headers(out, exchange.caller, *options_.plans);
}

bool HeaderRules::comes_back(const http::HeaderView& field, std::string_view connection) const {
  if (is_hop_by_hop(field.name) || is_ours_to_answer(field.name) ||
      http::list_has(connection, field.name))
    return false;
  if (equals_ignoring_case(field.name, "set-cookie")) return !is_session_cookie(field.value);
  return !options_.own_cors || !starts_ignoring_case(field.name, "access-control-");
}

void HeaderRules::append_answer_headers(std::string& out, const http::Exchange&,
                                        const http::UpstreamHead& head) const {
  const std::string connection = named_by_connection(head.headers);
  for (const auto& field : head.headers) {
    if (!comes_back(field, connection)) continue;
    if (equals_ignoring_case(field.name, "location")) {
      const auto seen =
          client_location(field.value, options_.prefix, options_.strip_prefix, options_.authority);
      append_line(out, field.name, seen ? std::string_view{*seen} : field.value);
    } else {
      append_line(out, field.name, field.value);
    }
  }
}

}  // namespace gateway
