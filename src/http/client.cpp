#include "http/client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/ascii.hpp"
#include "http/outbound_stream.hpp"
#include "http/text.hpp"

namespace http {
namespace {

namespace beast = boost::beast::http;
using Parser = beast::response_parser<beast::string_body>;

struct Target {
  bool tls = false;
  OutboundTarget peer;
  std::string host_header;
  std::string path;
};

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return (base::lower(c) >= 'a' && base::lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':';
  });
}

// "host", "host:8443", "[::1]:80"
std::optional<OutboundTarget> parse_authority(std::string_view text, std::uint16_t port) {
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && !text.ends_with(']')) {
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec != std::errc{} || parsed.ptr != end || port == 0) return std::nullopt;
    text = text.substr(0, colon);
  }
  const bool bracketed = text.starts_with('[') && text.ends_with(']');
  if (bracketed) text = text.substr(1, text.size() - 2);
  if (!is_host(text) || text.contains(':') != bracketed) return std::nullopt;
  return OutboundTarget{.host = std::string(text), .port = port};
}

std::optional<Target> parse_url(std::string_view url) {
  Target target;
  target.tls = url.starts_with("https://");
  if (!target.tls && !url.starts_with("http://")) return std::nullopt;
  url.remove_prefix(target.tls ? 8 : 7);
  const auto slash = std::min(url.find_first_of("/?"), url.size());
  target.host_header = url.substr(0, slash);
  target.path = url.substr(slash);
  if (!target.path.starts_with('/')) target.path.insert(0, 1, '/');
  if (!std::ranges::all_of(target.path, [](char c) { return is_char(c, kTargetChar); }))
    return std::nullopt;
  auto peer = parse_authority(target.host_header, target.tls ? 443 : 80);
  if (!peer || (!target.tls && !is_loopback_host(peer->host))) return std::nullopt;
  target.peer = std::move(*peer);
  return target;
}

std::string request_text(const ClientRequest& request, const Target& target) {
  std::string text =
      request.method + " " + target.path + " HTTP/1.1\r\nHost: " + target.host_header +
      "\r\nConnection: close\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  for (const auto& [name, value] : request.headers) {
    text.append(name).append(": ");
    for (const char c : value)
      if (is_char(c, kValueChar)) text.push_back(c);
    text.append("\r\n");
  }
  return text.append("\r\n").append(request.body);
}

std::unexpected<base::Error> failed(const std::string& detail) {
  return base::fail_internal("http fetch: " + detail);
}

base::Task<base::Result<void>> receive(OutboundStream& stream, Parser& parser) {
  std::array<char, 16'384> buffer{};
  std::size_t filled = 0;
  while (!parser.is_done()) {
    if (filled == buffer.size()) co_return failed("answer: its head is too large");
    const auto got = co_await stream.read(std::span(buffer).subspan(filled));
    if (!got) co_return std::unexpected(got.error());
    boost::system::error_code bad;
    if (*got == 0) {
      if (!parser.got_some()) co_return failed("answer: the peer sent nothing");
      parser.put_eof(bad);
      if (bad) co_return failed("answer: " + bad.message());
      co_return base::Result<void>{};
    }
    filled += *got;
    const std::size_t used = parser.put(boost::asio::buffer(buffer.data(), filled), bad);
    if (bad == beast::error::need_more) bad = {};
    if (bad) co_return failed("answer: " + bad.message());
    filled -= used;
    std::copy_n(buffer.begin() + static_cast<std::ptrdiff_t>(used), filled, buffer.begin());
  }
  co_return base::Result<void>{};
}

ClientAnswer take_answer(Parser& parser) {
  auto& message = parser.get();
  ClientAnswer answer;
  answer.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    const std::string_view name = field.name_string();
    const std::string_view value = field.value();
    answer.headers.emplace_back(name, value);
  }
  answer.body = std::move(message.body());
  return answer;
}

}  // namespace

std::optional<std::string_view> ClientAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (std::ranges::equal(key, name,
                           [](char a, char b) { return base::lower(a) == base::lower(b); }))
      return value;
  return std::nullopt;
}

bool is_callable_url(std::string_view url) { return parse_url(url).has_value(); }

base::Task<base::Result<ClientAnswer>> fetch(ClientRequest request) {
  RL_CO_TRY(auto* const executor, current_io_executor());
  const auto target = parse_url(request.url);
  if (!target) co_return failed("no https URL, and no http URL of this machine: " + request.url);
  OutboundStream stream(*executor, request.timeout);
  auto connected = co_await stream.connect(target->peer);
  if (connected && target->tls) connected = co_await stream.start_tls(target->peer.host);
  if (!connected) co_return failed(connected.error().detail);
  const auto text = request_text(request, *target);
  // A server that refuses early may not read everything, and yet have answered.
  static_cast<void>(co_await stream.write(text));
  Parser parser;
  parser.body_limit(request.max_answer_bytes);
  parser.eager(true);
  if (request.method == "HEAD") parser.skip(true);
  const auto received = co_await receive(stream, parser);
  if (!received) co_return std::unexpected(received.error());
  co_return take_answer(parser);
}

}  // namespace http
