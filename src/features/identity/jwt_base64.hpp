// base64url as JOSE uses it: no padding, no white space, and only the canonical spelling, so that
// one byte string has one text.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace identity {

[[nodiscard]] std::string encode_base64url(std::span<const unsigned char> bytes);
[[nodiscard]] std::string encode_base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace identity
