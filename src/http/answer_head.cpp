#include "http/answer_head.hpp"

#include <array>
#include <charconv>

#include "base/decimal.hpp"
#include "http/status.hpp"

namespace http {
namespace {

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  base::append_decimal(out, status);
  out.append(" ").append(status_text(status)).append("\r\n");
}

}  // namespace

void append_answer_head(std::string& out, const Exchange& exchange, std::string_view date_line,
                        Framing framing, Persistence persistence) {
  const Response& response = exchange.response;
  append_status_line(out, response.status);
  out.append(date_line);
  if (framing != Framing::none && !response.content_type.empty())
    out.append("Content-Type: ").append(response.content_type).append("\r\n");
  switch (framing) {
    case Framing::length:
      out.append("Content-Length: ");
      base::append_decimal(out, response.length.value_or(response.body.size()));
      out.append("\r\n");
      break;
    case Framing::chunked:
      out.append("Transfer-Encoding: chunked\r\n");
      break;
    case Framing::until_close:
    case Framing::none:
      break;
  }
  out.append("X-Request-Id: ").append(exchange.request.request_id).append("\r\n");
  out.append(response.headers).append(response.fixed_headers);
  switch (persistence) {
    case Persistence::implied:
      break;
    case Persistence::keep_alive:
      out.append("Connection: keep-alive\r\n");
      break;
    case Persistence::close:
      out.append("Connection: close\r\n");
      break;
  }
  out.append("\r\n");
}

void append_chunk(std::string& out, std::string_view piece) {
  std::array<char, 16> digits;
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr);
  out.append("\r\n").append(piece).append("\r\n");
}

}  // namespace http
