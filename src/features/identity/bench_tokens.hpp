// What `redline bench tokens` measures of tokens that are not in the cache.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace identity {

// Microseconds from a token's text to trusted claims, the median of short rounds on this thread.
struct TokenChecks {
  double hs256 = 0;
  double eddsa = 0;
  double es256 = 0;
  double rs256 = 0;  // 2048 bits
};

// With keys made for the purpose. `clock` measures only.
[[nodiscard]] TokenChecks bench_token_checks(const base::Clock& clock);

}  // namespace identity
