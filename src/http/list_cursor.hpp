// The `cursor` of lists whose rows are numbered, as every such list of the interface takes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace http {

// A whole number from 0 in the one spelling in which it was given; nullopt: no list gave it.
[[nodiscard]] std::optional<std::int64_t> parse_number_cursor(std::string_view text);

}  // namespace http
