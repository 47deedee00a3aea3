#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <pthread.h>
#include <sys/random.h>

#include "base/check.hpp"

namespace base {

namespace {

void ask_kernel(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto got = getrandom(bytes.data(), bytes.size(), 0);
    RL_CHECK(got > 0, "getrandom failed");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

// What the kernel gave and nobody was given yet. Bytes are wiped when they are given; a forked
// child throws away what its parent has, too.
class Reserve {
 public:
  static Reserve& of_this_thread() {
    thread_local Reserve reserve;
    static const int kWatched =
        pthread_atfork(nullptr, nullptr, [] { of_this_thread().left_ = 0; });
    RL_CHECK(kWatched == 0, "pthread_atfork failed");
    return reserve;
  }

  void give(std::span<std::byte> bytes) {
    if (bytes.size() > left_) {
      ask_kernel(bytes_);
      left_ = bytes_.size();
    }
    const auto given = std::span{bytes_}.subspan(bytes_.size() - left_, bytes.size());
    std::ranges::copy(given, bytes.begin());
    explicit_bzero(given.data(), given.size());
    left_ -= given.size();
  }

 private:
  std::array<std::byte, SystemRandom::kReserveBytes> bytes_{};
  std::size_t left_ = 0;  // at the end of bytes_
};

}  // namespace

std::uint64_t Random::next_u64() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span{&value, 1}));
  return value;
}

void SystemRandom::fill(std::span<std::byte> bytes) {
  if (bytes.size() > kReserveBytes / 4) return ask_kernel(bytes);
  Reserve::of_this_thread().give(bytes);
}

void SeededRandom::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const std::uint64_t value = engine_();
    const auto count = std::min(bytes.size(), sizeof value);
    std::memcpy(bytes.data(), &value, count);
    bytes = bytes.subspan(count);
  }
}

}  // namespace base
