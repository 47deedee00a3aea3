// The `name=value` words of a journal entry's details, read by the auditor's own means.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <string>

namespace simulation {

[[nodiscard]] inline std::map<std::string, std::string> split_words(const std::string& text) {
  std::map<std::string, std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find(' ', at), text.size());
    const auto word = text.substr(at, end - at);
    if (const auto equals = word.find('='); equals != std::string::npos)
      words[word.substr(0, equals)] = word.substr(equals + 1);
    at = end + 1;
  }
  return words;
}

[[nodiscard]] inline std::int64_t number(const std::string& digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace simulation
