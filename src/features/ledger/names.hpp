// One table of names per enum, used both ways.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace ledger {

// `names` in the order of the enum's values, which count from 0.
template <class Enum, std::size_t Size>
[[nodiscard]] std::optional<Enum> parse_name(const std::array<std::string_view, Size>& names,
                                             std::string_view name) {
  for (std::size_t i = 0; i < Size; ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace ledger
