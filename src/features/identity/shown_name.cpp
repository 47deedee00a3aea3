#include "features/identity/shown_name.hpp"

#include <algorithm>
#include <array>

namespace identity {
namespace {

using namespace std::string_view_literals;

// U+200B, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069, U+FEFF.
constexpr std::array kInvisible{"\u200B"sv, "\u200E"sv, "\u200F"sv, "\u2028"sv, "\u2029"sv,
                                "\u202A"sv, "\u202B"sv, "\u202C"sv, "\u202D"sv, "\u202E"sv,
                                "\u2066"sv, "\u2067"sv, "\u2068"sv, "\u2069"sv, "\uFEFF"sv};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }

// U+0080 to U+009F: C2 and a byte below A0.
bool has_late_control(std::string_view name) {
  for (auto at = name.find('\xC2'); at != std::string_view::npos; at = name.find('\xC2', at + 1))
    if (at + 1 < name.size() && static_cast<unsigned char>(name[at + 1]) < 0xA0) return true;
  return false;
}

}  // namespace

bool is_shown_name(std::string_view name) {
  if (std::ranges::any_of(name, is_control) || has_late_control(name)) return false;
  if (std::ranges::any_of(kInvisible, [&](auto mark) { return name.contains(mark); })) return false;
  return name.empty() || name.find_first_not_of(' ') != std::string_view::npos;
}

std::string read_shown_name(base::ObjectReader& reader, std::size_t min_size) {
  auto name = reader.text("name", min_size, 100);
  if (!is_shown_name(name))
    reader.reject("name", "must be one line of visible text, without control characters");
  return name;
}

}  // namespace identity
