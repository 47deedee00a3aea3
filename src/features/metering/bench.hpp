// What the hot path of the live meter costs on this machine (`redline bench meter` and `cutoff`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace metering {

struct BenchReport {
  std::size_t accounts = 0;
  std::int64_t operations = 0;  // of each kind
  // Nanoseconds an operation, accounts in random order, the median of short rounds.
  std::int64_t touch_ns = 0;
  std::int64_t admit_ns = 0;
  std::int64_t bytes_per_account = 0;
  // The same where every run has data requests, queries and beats.
  std::int64_t mixed_touch_ns = 0;
  std::int64_t mixed_bytes_per_account = 0;
};

// One thread; a second or two. `clock` measures only.
[[nodiscard]] BenchReport bench_touch_and_admit(const base::Clock& clock,
                                                std::size_t accounts = 100'000);

// How late streams end whose time runs out, with all accounts live and settled meanwhile.
struct CutoffBench {
  std::int64_t accounts = 0;  // each with an open stream
  std::int64_t p50_ms = 0;
  std::int64_t p99_ms = 0;
  std::int64_t most_ms = 0;
};

// With the service's own loop over a real ledger in a new file in `folder`; half a minute.
[[nodiscard]] base::Result<CutoffBench> bench_cutoff(const std::string& folder, base::Clock& clock,
                                                     base::Random& random,
                                                     std::size_t accounts = 100'000);

}  // namespace metering
