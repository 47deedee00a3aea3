// A request's head as handlers and the pipeline read it: headers, cookies, query, path pieces,
// forwarded addresses, origin. Input: a head, as it comes from a socket.
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "fuzz.hpp"
#include "http/cors.hpp"
#include "http/list_limit.hpp"
#include "http/query_check.hpp"
#include "http/request_head.hpp"
#include "http/text.hpp"
#include "http/trusted_proxies.hpp"
#include "request.hpp"

namespace {

using fuzz::require;

// Decoding never grows a text and never makes a NUL out of an escape.
void check_decoding(std::string_view text) {
  std::string out;
  for (const auto plus : {http::PlusIs::plus, http::PlusIs::space})
    if (http::percent_decode(text, plus, out)) {
      require(out.size() <= text.size());
      require(out.find('\0') == std::string::npos || text.find('\0') != std::string_view::npos);
    }
}

void check_fields(const http::Request& request) {
  for (const auto& field : request.headers) {
    require(request.header(field.name).has_value() && request.header_count(field.name) > 0);
    std::string_view list = field.value;
    std::string_view item;
    while (http::next_list_item(list, item)) require(http::list_has(field.value, item));
  }
  if (const auto value = request.cookie("redline_session"))
    require(value->find(';') == std::string_view::npos);
  for (const auto* name : {"limit", "from", "q", "a b"})
    if (const auto value = request.query_value(name))
      require(value->size() <= request.query.size());
  if (const auto limit = http::list_limit(request))
    require(*limit >= 1 && *limit <= http::kMaxListLimit);
  check_decoding(request.path);
  check_decoding(request.query);
}

// A query that passes is text in all its parts, and one that does not is refused with a name.
void check_texts(const http::Request& request) {
  const auto checked = http::check_query(request);
  if (!checked) return require(checked.error().fields.size() == 1);
  std::string decoded;
  require(http::percent_decode(request.query, http::PlusIs::space, decoded));
  for (const auto* name : {"limit", "from", "q", "a b"})
    if (const auto value = request.query_value(name)) require(base::is_utf8(*value));
}

// No value of a request becomes a header line of its answer.
void check_echo(std::string_view value) {
  http::Response response;
  response.header("X-Echo", value);
  require(response.headers.find('\n') == response.headers.size() - 1);
  require(response.find_header("x-echo").has_value());
}

void check_proxies(http::Request request) {
  static const auto proxies =
      http::TrustedProxies::parse({"127.0.0.0/8", "10.0.0.0/9", "2001:db8::/33"}).value();
  request.peer_address = "127.0.0.1";
  proxies.apply(request);
  require(!request.peer_address.empty());
  request.peer_address = "203.0.113.9";
  proxies.apply(request);
  require(request.peer_address == "203.0.113.9");
}

void check_origin(const http::Request& request) {
  static const std::vector<std::string> listed{"https://app.example.com"};
  const auto kind = http::cors_decision(request, listed);
  const auto origin = request.header("origin");
  if (kind == http::CorsKind::allowed || kind == http::CorsKind::preflight)
    require(origin == "https://app.example.com");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto input = fuzz::text_of(bytes, size);
  http::RequestHead head;
  if (http::parse_head(input, {}, head).state != http::HeadState::complete) {
    check_decoding(input);
    check_echo(input);
    (void)http::TrustedProxies::parse({std::string(input)});
    return 0;
  }
  const auto request = fuzz::request_of(head);
  check_fields(request);
  check_texts(request);
  check_proxies(request);
  check_origin(request);
  for (const auto& field : request.headers) check_echo(field.value);
  return 0;
}
