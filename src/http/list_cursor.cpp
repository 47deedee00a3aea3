#include "http/list_cursor.hpp"

#include <charconv>

#include "base/decimal.hpp"

namespace http {

std::optional<std::int64_t> parse_number_cursor(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (number < 0 || text != base::DecimalText{number}) return std::nullopt;
  return number;
}

}  // namespace http
