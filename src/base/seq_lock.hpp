// A spin lock whose readers need not take it (H. Boehm, "Can seqlocks get along with programming
// language memory models?", 2012). Writers lock() and unlock(). A reader copies what it wants out
// of Relaxed values between begin_read() and is_unchanged(), and trusts the copy only when both say
// so; else it locks. For sections of some ten nanoseconds, never across an await.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>

namespace base {

class SeqLock {
 public:
  void lock() {
    auto even = version_.load(std::memory_order_relaxed) & ~1U;
    while (!version_.compare_exchange_weak(even, even + 1, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
      wait();
      even = version_.load(std::memory_order_relaxed) & ~1U;
    }
    // No later store becomes visible before the odd number.
    std::atomic_thread_fence(std::memory_order_release);
  }
  void unlock() {
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // nullopt while somebody writes.
  [[nodiscard]] std::optional<std::uint32_t> begin_read() const {
    const auto version = version_.load(std::memory_order_acquire);
    if ((version & 1U) != 0) return std::nullopt;
    return version;
  }
  [[nodiscard]] bool is_unchanged(std::uint32_t version) const {
    std::atomic_thread_fence(std::memory_order_acquire);
    return version_.load(std::memory_order_relaxed) == version;
  }

 private:
  void wait() const {
    for (int spins = 0; (version_.load(std::memory_order_relaxed) & 1U) != 0; ++spins)
      if (spins >= 64) std::this_thread::yield();
  }
  std::atomic<std::uint32_t> version_ = 0;
};

}  // namespace base
