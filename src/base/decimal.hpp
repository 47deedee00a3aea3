// A whole number as text, at the end of a string: no locale, no allocation of its own.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>

namespace base {

template <std::integral Number>
void append_decimal(std::string& out, Number number) {
  std::array<char, 24> digits;
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

}  // namespace base
