#pragma once

#include <string_view>

namespace base {

// Whole, shortest forms, no surrogate, no NUL.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace base
