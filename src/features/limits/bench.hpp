// What `redline bench limiter` measures.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace limits {

struct LimiterBench {
  std::size_t subjects = 0;
  // Nanoseconds a decision, on this thread, the median of short rounds: for accounts that are
  // known, in random order; and for addresses of which none came before.
  std::int64_t known_ns = 0;
  std::int64_t new_ns = 0;
  std::int64_t bytes_per_subject = 0;
};

// With room for `subjects`, two allowances each. `clock` measures only.
[[nodiscard]] LimiterBench bench_limiter(const base::Clock& clock, std::size_t subjects);

}  // namespace limits
