// Microseconds.
#pragma once

#include <cstdint>

namespace simulation {

inline constexpr std::int64_t kMs = 1'000;
inline constexpr std::int64_t kSecond = 1'000 * kMs;
inline constexpr std::int64_t kHour = 3'600 * kSecond;

}  // namespace simulation
