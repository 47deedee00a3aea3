// Warnings before the time runs out: an hour, a quarter of an hour, nothing left. Time that is
// added and lifts the balance above a level arms it; the movement that takes the balance to an
// armed level or below, whatever it is, is warned of in its own transaction and disarms it: once,
// whatever crashes.
#pragma once

#include <array>
#include <optional>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ledger {

// Highest first; `levels` of WarningSettings goes with it.
inline constexpr std::array<base::Millis, 3> kWarningLevels{base::Millis{3'600'000},
                                                            base::Millis{900'000}, base::Millis{0}};
// A flag for each.
using WarningFlags = std::array<bool, kWarningLevels.size()>;

struct WarningSettings {
  WarningFlags levels{true, true, true};
  bool mail = true;
  bool operator==(const WarningSettings&) const = default;
};

// What is left out stays as it is.
struct WarningChange {
  std::array<std::optional<bool>, kWarningLevels.size()> levels{};
  std::optional<bool> mail{};
};
[[nodiscard]] WarningSettings changed(WarningSettings settings, const WarningChange& change);

struct LowBalance {
  base::AccountId account;
  base::Millis level{};  // the lowest that was crossed
  base::Millis available{};
  bool mail = true;
};

// `added`: bought, given or rolled over. Time that comes back (from a hold, a refund that is
// undone) is `other`, like everything that is taken.
enum class Movement : std::uint8_t { added, other };

struct Crossing {
  WarningFlags crossed{};  // to warn of
  WarningFlags armed{};    // afterwards
  bool operator==(const Crossing&) const = default;
};
// Those that `left` is above.
[[nodiscard]] WarningFlags levels_below(base::Millis left);
// A movement leaves `left` to spend.
[[nodiscard]] Crossing cross_levels(const WarningFlags& armed, base::Millis left,
                                    Movement movement);

}  // namespace ledger
