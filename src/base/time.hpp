// Instants and amounts of time. The unit is in the type: instants are integer microseconds UTC,
// billed time is integer milliseconds, spans are microseconds. No floating point.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace base {

using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Micros>;

// Microseconds since 1970-01-01T00:00:00Z, as stored.
[[nodiscard]] constexpr std::int64_t to_micros(Instant at) { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr Instant from_micros(std::int64_t micros) { return Instant{Micros{micros}}; }
[[nodiscard]] constexpr std::int64_t to_unix_ms(Instant at) {
  return std::chrono::floor<Millis>(at.time_since_epoch()).count();
}
[[nodiscard]] constexpr std::int64_t to_unix_seconds(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

// RFC 3339 UTC with milliseconds, rounded down: 2026-11-22T10:00:04.250Z.
[[nodiscard]] std::string format_rfc3339(Instant at);
// Accepts YYYY-MM-DD and RFC 3339 with fraction and offset; `invalid` otherwise.
[[nodiscard]] Result<Instant> parse_rfc3339(std::string_view text);

}  // namespace base
