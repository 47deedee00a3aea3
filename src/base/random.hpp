// Random is passed in. The system source is for ids, tokens and keys; the seeded one replays a
// simulation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

namespace base {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;
  [[nodiscard]] std::uint64_t next_u64();
};

// The kernel's generator (getrandom), asked for some ids' worth at a time. Thread-safe; a forked
// child draws its own.
class SystemRandom final : public Random {
 public:
  static constexpr std::size_t kReserveBytes = 512;  // a thread
  void fill(std::span<std::byte> bytes) override;
};

// Deterministic; one thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::byte> bytes) override;

 private:
  std::mt19937_64 engine_;
};

}  // namespace base
