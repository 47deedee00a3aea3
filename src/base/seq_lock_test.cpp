#include "base/seq_lock.hpp"

#include <gtest/gtest.h>

#include <array>
#include <mutex>
#include <thread>
#include <vector>

#include "base/relaxed.hpp"

namespace base {
namespace {

struct Wide {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

TEST(SeqLock, AReaderTrustsOnlyWhatBelongsTogether) {
  SeqLock lock;
  Relaxed<Wide> wide;
  Relaxed<std::uint64_t> twice;
  std::atomic<bool> stop = false;
  std::vector<std::jthread> writers;
  for (int i = 0; i < 2; ++i)
    writers.emplace_back([&] {
      while (!stop.load()) {
        const std::lock_guard guard(lock);
        const auto next = wide.get().low + 1;
        wide = Wide{next, next};
        twice = 2 * next;
      }
    });
  std::uint64_t trusted = 0;
  std::uint64_t last = 0;
  while (trusted < 20'000) {
    const auto version = lock.begin_read();
    if (!version) continue;
    const auto seen = wide.get();
    const auto doubled = twice.get();
    if (!lock.is_unchanged(*version)) continue;
    ++trusted;
    ASSERT_EQ(seen.high, seen.low);
    ASSERT_EQ(doubled, 2 * seen.low);
    ASSERT_GE(seen.low, last);
    last = seen.low;
  }
  stop = true;
}

TEST(SeqLock, NobodyReadsWhileSomebodyWrites) {
  SeqLock lock;
  const auto before = lock.begin_read();
  ASSERT_TRUE(before.has_value());
  {
    const std::lock_guard guard(lock);
    EXPECT_FALSE(lock.begin_read().has_value());
    EXPECT_FALSE(lock.is_unchanged(*before));
  }
  EXPECT_TRUE(lock.begin_read().has_value());
  EXPECT_FALSE(lock.is_unchanged(*before));
}

TEST(SeqLock, WritersTakeTurns) {
  SeqLock lock;
  std::uint64_t sum = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int round = 0; round < 5'000; ++round) {
          const std::lock_guard guard(lock);
          ++sum;
        }
      });
  }
  EXPECT_EQ(sum, 20'000U);
}

}  // namespace
}  // namespace base
