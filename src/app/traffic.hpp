// Counters of what the server answered, for /metrics. Relaxed atomics: any thread, no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace app {

struct Traffic {
  // By status class: index 2 is 2xx … 5 is 5xx.
  std::array<std::atomic<std::uint64_t>, 6> answers{};
  std::atomic<std::uint64_t> metered{0};
  std::atomic<std::uint64_t> refused_payment{0};  // 402
  std::atomic<std::uint64_t> refused_limit{0};    // 429
  std::atomic<std::uint64_t> bytes_out{0};
  std::atomic<std::uint64_t> busy_us{0};  // sum of answer times

  void count(int status, std::uint64_t bytes, std::int64_t elapsed_us) {
    constexpr auto relaxed = std::memory_order_relaxed;
    const auto slot = static_cast<std::size_t>(status / 100);
    if (slot < answers.size()) answers[slot].fetch_add(1, relaxed);
    if (status == 402) refused_payment.fetch_add(1, relaxed);
    if (status == 429) refused_limit.fetch_add(1, relaxed);
    bytes_out.fetch_add(bytes, relaxed);
    if (elapsed_us > 0) busy_us.fetch_add(static_cast<std::uint64_t>(elapsed_us), relaxed);
  }
};

}  // namespace app
