// What every fuzzer needs: an expectation that ends the run, and the input as text.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// The first line and what follows it; everything is the rest when there is only one line.
struct FirstLine {
  std::string_view line;
  std::string_view rest;
};
inline FirstLine split_first_line(std::string_view text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return {{}, text};
  return {text.substr(0, end), text.substr(end + 1)};
}

}  // namespace fuzz
