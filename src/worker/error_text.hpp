// What went wrong, in words for the user. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace worker {

enum class Ending : std::uint8_t { by_itself, cancelled, expired };

// Names the reason, adds `position` where DuckDB points at the mistake, and takes the server's
// paths (`folder`) out of the message.
[[nodiscard]] base::Error present_error(base::Error error, Ending ending,
                                        const std::string& folder);

}  // namespace worker
