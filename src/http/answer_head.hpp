// Writes the head of an answer straight into the output buffer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.hpp"

namespace http {

enum class Framing : std::uint8_t {
  length,       // Content-Length: Response::length, else of the body; also for HEAD
  chunked,      // a stream to HTTP/1.1
  until_close,  // a stream to HTTP/1.0
  none,         // 101, 204, 304
};
enum class Persistence : std::uint8_t {
  implied,     // HTTP/1.1 stays open
  keep_alive,  // HTTP/1.0 that asked for it
  close,
};

void append_answer_head(std::string& out, const Exchange& exchange, std::string_view date_line,
                        Framing framing, Persistence persistence);
// One chunk of a chunked answer; not for empty pieces.
void append_chunk(std::string& out, std::string_view piece);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace http
