// Small pieces of HTTP's grammar, over views.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http {

[[nodiscard]] constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
// Value of a hexadecimal digit, -1 for anything else.
[[nodiscard]] int hex_value(char c);
// False for a broken escape or an encoded NUL. '+' becomes a space only in queries.
enum class PlusIs : std::uint8_t { plus, space };
[[nodiscard]] bool percent_decode(std::string_view text, PlusIs plus, std::string& out);
// Cuts the next element off a comma-separated list, trimmed; false at the end.
[[nodiscard]] bool next_list_item(std::string_view& list, std::string_view& item);
// Whether a comma-separated list holds `token`, without case.
[[nodiscard]] bool list_has(std::string_view list, std::string_view token);

// One bit per kind of character that the parser asks for.
enum CharKind : std::uint8_t { kTokenChar = 1, kTargetChar = 2, kValueChar = 4, kHostChar = 8 };
extern const std::array<std::uint8_t, 256> kCharKinds;
[[nodiscard]] inline bool is_char(char c, CharKind kind) {
  return (kCharKinds[static_cast<unsigned char>(c)] & kind) != 0;
}

}  // namespace http
