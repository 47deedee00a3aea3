// Names that people give to teams and keys. They stand in letters to others and on pages, so they
// are one line and say what they show.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace identity {

// Valid UTF-8 without control characters, line ends, or marks that turn the direction of text;
// empty, or more than blanks.
[[nodiscard]] bool is_shown_name(std::string_view name);

// The member "name", at most 100 bytes; notes a mistake.
[[nodiscard]] std::string read_shown_name(base::ObjectReader& reader, std::size_t min_size);

}  // namespace identity
