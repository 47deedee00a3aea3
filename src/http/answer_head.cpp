#include "http/answer_head.hpp"

#include <array>
#include <charconv>

#include "base/decimal.hpp"
#include "base/text_pieces.hpp"
#include "http/status.hpp"

namespace http {
namespace {

// What `framing` says of the body.
void append_framing(std::string& out, const Response& response, Framing framing) {
  if (framing != Framing::none && !response.content_type.empty())
    base::append_pieces(out, "Content-Type: ", response.content_type, "\r\n");
  switch (framing) {
    case Framing::length:
      return base::append_pieces(out, "Content-Length: ",
                                 base::DecimalText{response.length.value_or(response.body.size())},
                                 "\r\n");
    case Framing::chunked:
      return base::append_pieces(out, "Transfer-Encoding: chunked\r\n");
    case Framing::until_close:
    case Framing::none:
      return;
  }
}

std::string_view connection_line(Persistence persistence) {
  switch (persistence) {
    case Persistence::implied:
      return "\r\n";
    case Persistence::keep_alive:
      return "Connection: keep-alive\r\n\r\n";
    case Persistence::close:
      return "Connection: close\r\n\r\n";
  }
  return "\r\n";
}

}  // namespace

void append_answer_head(std::string& out, const Exchange& exchange, std::string_view date_line,
                        Framing framing, Persistence persistence) {
  const Response& response = exchange.response;
  base::append_pieces(out, "HTTP/1.1 ", base::DecimalText{response.status}, " ",
                      status_text(response.status), "\r\n", date_line);
  append_framing(out, response, framing);
  base::append_pieces(out, "X-Request-Id: ", exchange.request.request_id, "\r\n", response.headers,
                      response.fixed_headers, connection_line(persistence));
}

void append_chunk(std::string& out, std::string_view piece) {
  std::array<char, 16> digits;
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr);
  out.append("\r\n").append(piece).append("\r\n");
}

}  // namespace http
