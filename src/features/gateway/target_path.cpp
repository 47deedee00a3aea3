#include "features/gateway/target_path.hpp"

#include <algorithm>

#include "http/text.hpp"

namespace gateway {
namespace {

// Cuts one character off, "%2e" as well as ".".
char take_char(std::string_view& text) {
  if (text.size() >= 3 && text[0] == '%') {
    const int high = http::hex_value(text[1]);
    const int low = http::hex_value(text[2]);
    if (high >= 0 && low >= 0) {
      text.remove_prefix(3);
      return static_cast<char>(high * 16 + low);
    }
  }
  const char first = text.front();
  text.remove_prefix(1);
  return first;
}

}  // namespace

bool is_ambiguous_path(std::string_view path) {
  std::size_t dots = 0;    // of the segment so far, when it is nothing but dots
  std::size_t others = 0;  // characters of the segment that are no dots
  bool first_segment = true;
  bool begun = false;
  while (!path.empty()) {
    const char c = take_char(path);
    if (c == '\\' || c == '\0') return true;
    if (c == '/') {
      if (begun && first_segment && dots + others == 0) return true;
      if (others == 0 && (dots == 1 || dots == 2)) return true;
      first_segment = first_segment && !begun;
      begun = true;
      dots = others = 0;
      continue;
    }
    // A path parameter ("..;x") hides the dots from some servers and not from others.
    if (c == ';' && others == 0 && (dots == 1 || dots == 2)) return true;
    c == '.' ? ++dots : ++others;
  }
  return others == 0 && (dots == 1 || dots == 2);
}

std::string_view upstream_target(std::string_view target, std::string_view prefix,
                                 bool strip_prefix) {
  return strip_prefix ? target.substr(prefix.size() - 1) : target;
}

std::optional<std::string> client_location(std::string_view location, std::string_view prefix,
                                           bool strip_prefix, std::string_view upstream_authority) {
  std::string_view path = location;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!location.starts_with(scheme)) continue;
    path.remove_prefix(scheme.size());
    if (!path.starts_with(upstream_authority)) return std::nullopt;
    path.remove_prefix(upstream_authority.size());
    if (path.empty()) path = "/";
  }
  // "//host" leads elsewhere, and so does what browsers take for it: they drop tabs, and a
  // backslash is a slash to them.
  if (!path.starts_with('/') || path.find_first_of("/\\\t", 1) == 1) return std::nullopt;
  if (!strip_prefix || path.starts_with(prefix))
    return path.size() == location.size() ? std::nullopt : std::optional{std::string(path)};
  return std::string(prefix.substr(0, prefix.size() - 1)).append(path);
}

}  // namespace gateway
