// Between a client and an application: a request's head as it goes on, an application's answer as
// it comes back, and the frames of a WebSocket. What passes is one head that our own strict parser
// reads to its end, and what only Redline may say was said by Redline.
#include <string>
#include <vector>

#include "features/gateway/header_rules.hpp"
#include "fuzz.hpp"
#include "http/request_head.hpp"
#include "http/text.hpp"
#include "http/upstream_head.hpp"
#include "http/websocket_frames.hpp"
#include "request.hpp"

namespace {

using fuzz::require;

const gateway::HeaderRules& rules() {
  static const std::vector<std::string> plans{"free"};
  static const gateway::HeaderRules made(
      {.prefix = "/", .authority = "127.0.0.1:5000", .own_cors = true, .plans = &plans});
  return made;
}

void check_request(std::string_view input) {
  http::RequestHead head;
  if (http::parse_head(input, {}, head).state != http::HeadState::complete) return;
  http::Exchange exchange;
  exchange.request = fuzz::request_of(head);
  exchange.request.peer_address = "198.51.100.7";
  exchange.request.request_id = "request-0001";
  std::string out;
  rules().append_request_head(out, exchange);
  out.append("\r\n");

  http::RequestHead passed;
  const http::HeadLimits limits{.max_bytes = 65'536, .max_headers = 200};
  require(http::parse_head(out, limits, passed).state == http::HeadState::complete);
  require(passed.bytes == out.size() && passed.target == head.target && !passed.has_body());
  http::Request request;
  request.headers = passed.headers;
  require(request.header_count("host") == 1 && request.header_count("x-forwarded-for") == 1);
  require(request.header("x-real-ip") == "198.51.100.7" && !request.cookie("rl_session"));
  for (const auto* name : {"authorization", "x-csrf-token", "x-redline-user", "x-redline-account",
                           "x-redline-plan", "forwarded", "upgrade", "te", "connection"})
    require(!request.header(name));
}

http::UpstreamHeadState parse_pieces(std::string_view input, std::size_t step,
                                     http::UpstreamHead& head) {
  auto state = http::UpstreamHeadState::incomplete;
  for (std::size_t size = 0; state == http::UpstreamHeadState::incomplete && size < input.size();) {
    size = std::min(input.size(), size + step);
    state = http::parse_upstream_head(input.substr(0, size), head);
  }
  return state;
}

void check_answer(std::string_view input, std::size_t step) {
  http::UpstreamHead head;
  http::UpstreamHead pieces;
  const auto state = http::parse_upstream_head(input, head);
  const auto in_pieces = parse_pieces(input, step, pieces);
  if (state != http::UpstreamHeadState::complete) return;
  require(in_pieces == state && pieces.bytes == head.bytes && pieces.status == head.status);
  require(head.bytes <= input.size() && !(head.chunked && head.content_length));
  std::string out = "HTTP/1.1 200 OK\r\n";
  rules().append_answer_headers(out, http::Exchange{}, head);
  out.append("\r\n");
  http::UpstreamHead passed;
  require(http::parse_upstream_head(out, passed) == http::UpstreamHeadState::complete);
  require(passed.bytes == out.size() && !passed.chunked && !passed.content_length);
  require(passed.headers.size() <= head.headers.size());
  for (const auto* name :
       {"connection", "upgrade", "date", "ratelimit", "redline-run", "access-control-allow-origin"})
    require(!passed.header(name));
}

void check_frames(std::string_view bytes, std::size_t step) {
  http::FrameCursor whole;
  whole.take(bytes);
  http::FrameCursor pieces;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const auto piece = bytes.substr(at, step);
    const auto rest = pieces.rest_of_frame(piece);
    require(rest <= piece.size() && (rest == 0) == pieces.between_frames());
    pieces.take(piece);
  }
  require(whole.between_frames() == pieces.between_frames() && whole.closed() == pieces.closed());
  http::FrameCursor closing;
  const auto frame = http::close_frame(4'402, bytes);
  require(frame.size() <= 127);
  closing.take(frame);
  require(closing.between_frames() && closing.closed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = 1U + data[0] % 13U;
  const auto input = fuzz::text_of(data + 1, size - 1);
  check_request(input);
  check_answer(input, step);
  check_frames(input, step);
  return 0;
}
