// The head of a request, parsed strictly in one pass into views over the input buffer. Everything
// that two parsers could read differently is refused: that difference is what request smuggling
// lives on. Own code instead of Beast's basic_parser, which unfolds obs-fold, joins lists of
// Content-Length and takes any Transfer-Encoding, so that every byte had to be looked at twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http/exchange.hpp"

namespace http {

struct HeadLimits {
  std::size_t max_bytes = 16'384;
  std::size_t max_headers = 100;
  std::size_t max_target_bytes = 8'192;
};

// Why a request is refused before it is one. Literals.
struct Fault {
  int status;
  std::string_view reason;
  std::string_view message;
};

struct RequestHead {
  Method method = Method::get;
  std::string_view target;  // origin form; an absolute form lost its scheme and authority
  std::string_view path;
  std::string_view query;
  std::vector<HeaderView> headers;
  bool http11 = true;
  bool keep_alive = true;
  bool chunked = false;
  bool expects_continue = false;
  std::optional<std::uint64_t> content_length;
  std::size_t bytes = 0;  // of the head, the empty line included

  [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

enum class HeadState : std::uint8_t { complete, incomplete, refused };

struct HeadResult {
  HeadState state = HeadState::incomplete;
  const Fault* fault = nullptr;  // when refused
};

// Parses `input` from its first byte; `head` is refilled and keeps its memory. After `incomplete`
// call again with more, from the start.
[[nodiscard]] HeadResult parse_head(std::string_view input, const HeadLimits& limits,
                                    RequestHead& head);

}  // namespace http
