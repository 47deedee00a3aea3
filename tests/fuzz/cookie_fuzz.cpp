// Cookies, a header a line: the session is found wherever it stands, an application behind us never
// gets it nor sets it, and keeps every other cookie.
#include <string>
#include <vector>

#include "features/gateway/header_rules.hpp"
#include "fuzz.hpp"
#include "http/text.hpp"

namespace {

using fuzz::require;
using Headers = std::vector<http::HeaderView>;

constexpr std::string_view kSession = "rl_session";

// As a head's parser leaves them: trimmed, without control characters.
std::vector<std::string> values_of(std::string_view text) {
  std::vector<std::string> values(1);
  for (const char c : text) {
    if (c == '\n') values.emplace_back();
    if (http::is_char(c, http::kValueChar)) values.back().push_back(c);
  }
  for (auto& value : values) value = http::trim(value);
  return values;
}

Headers headers_of(const std::vector<std::string>& values, std::string_view name) {
  Headers headers;
  for (const auto& value : values) headers.push_back({name, value});
  return headers;
}

http::Request request_of(const Headers& headers) {
  http::Request request;
  request.headers = headers;
  return request;
}

void check_reading(const http::Request& request) {
  for (const std::string_view name : {kSession, std::string_view{"theme"}, std::string_view{}}) {
    const auto value = request.cookie(name);
    if (!value) continue;
    const std::string pair = std::string(name).append("=").append(*value);
    require(value->find(';') == std::string_view::npos);
    bool sent = false;
    for (const auto& field : request.headers) sent = sent || field.value.contains(pair);
    require(sent);
  }
}

void check_session_first(std::string_view others) {
  const std::string value = std::string(kSession) + "=ours;" + std::string(others);
  const Headers headers{{"Accept", "*/*"}, {"cOOKIE", value}};
  require(request_of(headers).cookie(kSession) == "ours");
}

void check_passing_on(const std::vector<std::string>& values, const http::Request& before) {
  std::vector<std::string> kept;
  for (const auto& value : values) {
    kept.push_back(gateway::without_session(value));
    require(kept.back().size() <= 2 * value.size());
    require(gateway::without_session(kept.back()) == kept.back());
  }
  const Headers headers = headers_of(kept, "Cookie");
  const auto after = request_of(headers);
  require(!after.cookie(kSession));
  for (const auto* name : {"theme", "a", "rl_sessio", "rl_session2", "RL_SESSION"})
    require(after.cookie(name) == before.cookie(name));
}

// RFC 6265 5.2 and what browsers make of a pair without a name: they send its value alone.
std::string sent_back(std::string_view set_cookie) {
  const auto pair = set_cookie.substr(0, set_cookie.find(';'));
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos) return std::string(http::trim(pair));
  const auto name = http::trim(pair.substr(0, equals));
  const auto value = http::trim(pair.substr(equals + 1));
  if (name.empty()) return std::string(value);
  return std::string(name).append("=").append(value);
}

void check_setting(const std::vector<std::string>& values) {
  static const std::vector<std::string> plans{"free"};
  static const gateway::HeaderRules rules(
      {.prefix = "/app/", .authority = "127.0.0.1:5000", .plans = &plans});
  for (const auto& value : values) {
    http::UpstreamHead head;
    head.headers = {{"Set-Cookie", value}};
    std::string out;
    rules.append_answer_headers(out, http::Exchange{}, head);
    const std::string cookie = sent_back(value);
    const bool is_session = request_of({{"Cookie", cookie}}).cookie(kSession).has_value();
    require(out.empty() ? value.contains(kSession) : !is_session);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto values = values_of(fuzz::text_of(bytes, size));
  const Headers headers = headers_of(values, "Cookie");
  const auto request = request_of(headers);
  check_reading(request);
  check_session_first(values.front());
  check_passing_on(values, request);
  check_setting(values);
  return 0;
}
