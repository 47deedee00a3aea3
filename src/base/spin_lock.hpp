// For sections of some ten nanoseconds, never across an await or a call that may block. Yields when
// the holder was put to sleep.
#pragma once

#include <atomic>
#include <thread>

namespace base {

class SpinLock {
 public:
  void lock() {
    while (locked_.exchange(true, std::memory_order_acquire)) wait();
  }
  void unlock() { locked_.store(false, std::memory_order_release); }

 private:
  void wait() const {
    for (int spins = 0; locked_.load(std::memory_order_relaxed); ++spins)
      if (spins >= 64) std::this_thread::yield();
  }
  std::atomic<bool> locked_ = false;
};

}  // namespace base
