// Many seeds, one after the other.
#pragma once

#include <cstdint>

#include "play.hpp"

namespace simulation {

struct Campaign {
  std::int64_t first = 1;
  std::int64_t last = 200;
  std::int64_t hours = 0;  // 0: as the seed says
  int accounts = 0;
  std::int64_t soak_seconds = 0;  // goes on with further seeds until then
  bool prints = false;
  bool stops_at_first = false;  // breach
};

// What a seed plays; some seeds have no crashes, so that order and repetition can be compared.
[[nodiscard]] PlayOptions options_of(std::uint64_t seed);
// 0: no breach. Prints a line for a breach, with how to replay it, and a summary.
[[nodiscard]] int run_campaign(const Campaign& campaign);

}  // namespace simulation
