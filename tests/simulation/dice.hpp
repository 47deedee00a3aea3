// Everything random in a simulation: one stream of numbers from one seed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.hpp"

namespace simulation {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  // low <= result <= high
  [[nodiscard]] std::int64_t draw(std::int64_t low, std::int64_t high) {
    const auto width = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(random_.next_u64() % width);
  }
  [[nodiscard]] bool chance(int percent) { return draw(0, 99) < percent; }
  // Short times often, long ones seldom: between `low` and `high`, each doubling as likely.
  [[nodiscard]] std::int64_t spread(std::int64_t low, std::int64_t high) {
    std::int64_t top = low;
    while (top < high && draw(0, 3) != 0) top *= 2;
    return draw(low, top < high ? top : high);
  }
  template <class List>
  [[nodiscard]] auto& pick(List& list) {
    return list[static_cast<std::size_t>(draw(0, static_cast<std::int64_t>(list.size()) - 1))];
  }
  [[nodiscard]] base::Random& random() { return random_; }

 private:
  base::SeededRandom random_;
};

}  // namespace simulation
