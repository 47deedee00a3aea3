// Which broken rule is switched on: the number in REDLINE_MUTANT. Only the mutated copies of
// tests/simulation/mutate.py know this header.
#pragma once

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace simulation {

inline bool mutant(int number) {
  static const int kOn = [] {
    int value = 0;
    const char* text = std::getenv("REDLINE_MUTANT");
    const std::string_view digits = text == nullptr ? "" : text;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }();
  return number == kOn;
}

}  // namespace simulation
