// Warnings before the time runs out: an hour, a quarter of an hour, nothing left. A level is
// crossed by the settlement that takes the balance from above it to it or below, and is warned of
// in the same transaction: once, whatever crashes. Only time that was granted since arms it again.
#pragma once

#include <array>
#include <optional>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ledger {

// Highest first; `levels` of WarningSettings goes with it.
inline constexpr std::array<base::Millis, 3> kWarningLevels{base::Millis{3'600'000},
                                                            base::Millis{900'000}, base::Millis{0}};

struct WarningSettings {
  std::array<bool, kWarningLevels.size()> levels{true, true, true};
  bool mail = true;
  bool operator==(const WarningSettings&) const = default;
};

struct LowBalance {
  base::AccountId account;
  base::Millis level{};  // the lowest that was crossed
  base::Millis available{};
  bool mail = true;
};

// Which levels lie in [after, before).
[[nodiscard]] std::array<bool, kWarningLevels.size()> crossed_levels(base::Millis before,
                                                                     base::Millis after);

}  // namespace ledger
