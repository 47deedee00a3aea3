// Numbers as price files write them: 1234.5, 1.234,56, $42.5, 49.39M, (3.1), null. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace worker {

enum class NumberKind : std::uint8_t { value, missing, infinite, unreadable };

struct ParsedNumber {
  NumberKind kind = NumberKind::missing;
  double value = 0;
};

// "" null N/A NA nan none - are missing. `decimal` is '.' or ','; the other one groups thousands.
[[nodiscard]] ParsedNumber parse_number(std::string_view text, char decimal);

// What one value says about the file's decimal mark.
enum class DecimalHint : std::uint8_t {
  none,   // no mark at all
  point,  // only a point can be decimal here
  comma,
  either  // like 1,234: both readings make sense
};
[[nodiscard]] DecimalHint decimal_hint(std::string_view text);

}  // namespace worker
