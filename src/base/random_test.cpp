#include "base/random.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace base {
namespace {

TEST(SystemRandom, NoTwoAreAlike) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(random.next_u64());
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(SystemRandom, FillsEveryByteOfAnySize) {
  SystemRandom random;
  for (std::size_t size = 0; size < 2 * SystemRandom::kReserveBytes; ++size) {
    std::vector<std::byte> bytes(size);
    // A byte stays zero once in 256 times: sixteen times in a row it was left out.
    std::vector<bool> was_set(size);
    for (int i = 0; i < 16; ++i) {
      random.fill(bytes);
      for (std::size_t at = 0; at < size; ++at)
        was_set[at] = was_set[at] || bytes[at] != std::byte{};
    }
    EXPECT_EQ(std::ranges::count(was_set, false), 0) << size;
  }
}

TEST(SystemRandom, ThreadsDrawApart) {
  SystemRandom random;
  const auto mine = random.next_u64();
  std::uint64_t other = mine;
  std::jthread([&] { other = random.next_u64(); }).join();
  EXPECT_NE(mine, other);
}

TEST(SystemRandom, AForkedChildDrawsItsOwn) {
  SystemRandom random;
  (void)random.next_u64();  // so that there is something to inherit
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const auto child = fork();
  if (child == 0) {
    const auto drawn = random.next_u64();
    _exit(write(pipe_ends[1], &drawn, sizeof drawn) == sizeof drawn ? 0 : 1);
  }
  const auto mine = random.next_u64();
  std::uint64_t other = mine;
  EXPECT_EQ(read(pipe_ends[0], &other, sizeof other), static_cast<ssize_t>(sizeof other));
  EXPECT_NE(mine, other);
  waitpid(child, nullptr, 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

}  // namespace
}  // namespace base
