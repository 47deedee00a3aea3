// Addresses: those that a configuration names (web hooks, key sets, mail servers, applications),
// paths of requests as the router and the gateway see them, and redirects of an application.
#include <string>
#include <vector>

#include "features/gateway/gateway_options.hpp"
#include "features/gateway/target_path.hpp"
#include "fuzz.hpp"
#include "http/client.hpp"
#include "http/router.hpp"
#include "http/smtp.hpp"
#include "http/text.hpp"

namespace {

using fuzz::require;

bool is_host(std::string_view host) {
  return !host.empty() && host.find_first_of("/@?#\\ \t\r\n%") == std::string_view::npos;
}

void check_configured(std::string_view url) {
  if (http::is_callable_url(url)) {
    require(url.starts_with("http://") || url.starts_with("https://"));
    require(url.find_first_of("#\r\n \t") == std::string_view::npos);
    const auto begin = url.find("//") + 2;
    const auto host = url.substr(begin, url.find_first_of("/?", begin) - begin);
    require(is_host(host));
  }
  if (const auto server = http::parse_smtp_url(url)) {
    require(is_host(server->host) && server->port != 0);
    require(server->tls == url.starts_with("smtps://"));
    require(server->user.empty() ? server->password.empty() : url.contains('@'));
  }
  if (const auto upstream = gateway::parse_upstream(url)) {
    require(is_host(upstream->host) && upstream->port != 0);
    const bool bare = !upstream->host.contains(':');
    const auto again =
        gateway::parse_upstream("http://" + (bare ? "" : std::string("[")) + upstream->host +
                                (bare ? ":" : "]:") + std::to_string(upstream->port));
    require(again && again->host == upstream->host && again->port == upstream->port);
  } else {
    require(!upstream.error().message.empty());
  }
}

// Decodes what it can and splits: any segment of dots, whatever follows a semicolon, is ambiguous.
bool may_climb(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool escape = path[i] == '%' && i + 2 < path.size() &&
                        http::hex_value(path[i + 1]) >= 0 && http::hex_value(path[i + 2]) >= 0;
    plain.push_back(
        escape ? static_cast<char>(http::hex_value(path[i + 1]) * 16 + http::hex_value(path[i + 2]))
               : path[i]);
    if (escape) i += 2;
  }
  if (plain.starts_with("//") || plain.find('\\') != std::string::npos) return true;
  for (std::size_t begin = 0; begin <= plain.size();) {
    const auto end = std::min(plain.find('/', begin), plain.size());
    const auto segment = std::string_view(plain).substr(begin, end - begin);
    const auto name = segment.substr(0, segment.find(';'));
    if (name == "." || name == "..") return true;
    begin = end + 1;
  }
  return false;
}

const http::Router& router() {
  static const auto* const made = [] {
    auto* const routes = new http::Router;
    const auto nothing = [](http::Exchange&) -> base::Result<void> { return {}; };
    for (const auto* pattern : {"/", "/v1/runs", "/v1/runs/{id}", "/v1/runs/{id}/end",
                                "/v1/{a}/{b}", "/app/{rest...}", "/app"})
      routes->get(pattern, {}, nothing);
    routes->compile();
    return routes;
  }();
  return *made;
}

void check_path(std::string_view path) {
  if (may_climb(path)) require(gateway::is_ambiguous_path(path));
  std::vector<std::string> values;
  const auto match = router().find(http::Method::get, path, values);
  require(match.value_count <= values.size() && match.allow.empty());
  if (match.route == nullptr) return;
  require(path.starts_with('/'));
  for (std::size_t i = 0; i < match.value_count; ++i)
    require(values[i].size() <= path.size() &&
            (values[i].find('\0') == std::string::npos || path.find('\0') != std::string::npos));
  if (match.route->pattern != "/app/{rest...}") return;
  require(path.starts_with("/app/"));
  const auto target = gateway::upstream_target(path, "/app/", true);
  require(target.starts_with('/') && target.size() + 4 == path.size());
  if (may_climb(target)) require(gateway::is_ambiguous_path(target));
}

// A redirect that is rewritten stays here: no browser takes it for another host.
void check_redirect(std::string_view location) {
  for (const std::string_view prefix : {"/app/", "/"})
    for (const bool strip : {false, true}) {
      const auto seen = gateway::client_location(location, prefix, strip, "127.0.0.1:5000");
      if (!seen) continue;
      require(seen->starts_with('/'));
      const auto second = seen->find_first_not_of("\t\r\n", 1);
      require(second == std::string::npos || ((*seen)[second] != '/' && (*seen)[second] != '\\'));
      if (strip) require(seen->starts_with(prefix));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = fuzz::text_of(bytes, size);
  check_configured(text);
  check_path(text);
  check_redirect(text);
  return 0;
}
