// The head of an upstream's answer, parsed as strictly as a request's: what two parsers could read
// differently ends the answer with 502 instead of reaching the client.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http/exchange.hpp"

namespace http {

// Views into the input: valid while it stays where it is.
struct UpstreamHead {
  int status = 0;
  bool http11 = true;
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  std::vector<HeaderView> headers;
  std::size_t bytes = 0;  // of the head, the empty line included

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

enum class UpstreamHeadState : std::uint8_t { complete, incomplete, malformed };

// Parses from the first byte; `head` is refilled and keeps its memory. After `incomplete` call
// again with more, from the start. `malformed` too when it is larger than 64 KiB or has over 200
// lines.
[[nodiscard]] UpstreamHeadState parse_upstream_head(std::string_view input, UpstreamHead& head);

}  // namespace http
