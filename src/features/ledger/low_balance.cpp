#include "features/ledger/low_balance.hpp"

namespace ledger {

std::array<bool, kWarningLevels.size()> crossed_levels(base::Millis before, base::Millis after) {
  std::array<bool, kWarningLevels.size()> crossed{};
  for (std::size_t i = 0; i < crossed.size(); ++i)
    crossed.at(i) = before > kWarningLevels.at(i) && after <= kWarningLevels.at(i);
  return crossed;
}

}  // namespace ledger
