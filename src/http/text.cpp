#include "http/text.hpp"

namespace http {
namespace {

constexpr std::array<std::uint8_t, 256> make_char_kinds() {
  std::array<std::uint8_t, 256> kinds{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool visible = c > 0x20 && c < 0x7F;
    if (visible && c != '#') kinds[c] |= kTargetChar;
    const bool in_host =
        std::string_view{"/?@\\,;<>\"`{}|^"}.find(static_cast<char>(c)) == std::string_view::npos;
    if ((kinds[c] & kTargetChar) != 0 && in_host) kinds[c] |= kHostChar;
    if (visible || c == ' ' || c == '\t' || c >= 0x80) kinds[c] |= kValueChar;
    const bool separator = std::string_view{"\"(),/:;<=>?@[\\]{}"}.find(static_cast<char>(c)) !=
                           std::string_view::npos;
    if (visible && !separator) kinds[c] |= kTokenChar;
  }
  return kinds;
}

}  // namespace

constinit const std::array<std::uint8_t, 256> kCharKinds = make_char_kinds();

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  return true;
}

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = ascii_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool percent_decode(std::string_view text, PlusIs plus, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i] == '+' && plus == PlusIs::space ? ' ' : text[i]);
    }
  }
  return true;
}

bool next_list_item(std::string_view& list, std::string_view& item) {
  if (list.empty()) return false;
  const auto comma = list.find(',');
  item = trim(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  return true;
}

bool list_has(std::string_view list, std::string_view token) {
  std::string_view item;
  while (next_list_item(list, item))
    if (equals_ignoring_case(item, token)) return true;
  return false;
}

}  // namespace http
