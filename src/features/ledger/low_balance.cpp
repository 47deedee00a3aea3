#include "features/ledger/low_balance.hpp"

namespace ledger {

WarningSettings changed(WarningSettings settings, const WarningChange& change) {
  for (std::size_t i = 0; i < settings.levels.size(); ++i)
    settings.levels.at(i) = change.levels.at(i).value_or(settings.levels.at(i));
  settings.mail = change.mail.value_or(settings.mail);
  return settings;
}

WarningFlags levels_below(base::Millis left) {
  WarningFlags below{};
  for (std::size_t i = 0; i < below.size(); ++i) below.at(i) = left > kWarningLevels.at(i);
  return below;
}

Crossing cross_levels(const WarningFlags& armed, base::Millis left, Movement movement) {
  Crossing crossing{{}, levels_below(left)};
  for (std::size_t i = 0; i < armed.size(); ++i) {
    crossing.crossed.at(i) = armed.at(i) && !crossing.armed.at(i);
    crossing.armed.at(i) = crossing.armed.at(i) && (armed.at(i) || movement == Movement::added);
  }
  return crossing;
}

}  // namespace ledger
