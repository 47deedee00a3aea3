// A whole number as text: no locale, no allocation.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string_view>

namespace base {

// For as long as it lives.
class DecimalText {
 public:
  template <std::integral Number>
  explicit DecimalText(Number number) {
    char* const begin = digits_.data();
    size_ =
        static_cast<std::size_t>(std::to_chars(begin, begin + digits_.size(), number).ptr - begin);
  }
  DecimalText(const DecimalText&) = delete;
  DecimalText& operator=(const DecimalText&) = delete;
  operator std::string_view() const { return {digits_.data(), size_}; }

 private:
  std::array<char, 24> digits_;
  std::size_t size_ = 0;
};

}  // namespace base
