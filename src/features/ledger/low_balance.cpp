#include "features/ledger/low_balance.hpp"

namespace ledger {

WarningSettings changed(WarningSettings settings, const WarningChange& change) {
  for (std::size_t i = 0; i < settings.levels.size(); ++i)
    settings.levels.at(i) = change.levels.at(i).value_or(settings.levels.at(i));
  settings.mail = change.mail.value_or(settings.mail);
  return settings;
}

Crossing cross_levels(const WarningFlags& armed, base::Millis left, Movement movement) {
  Crossing crossing{{}, armed};
  for (std::size_t i = 0; i < armed.size(); ++i) {
    const bool above = left > kWarningLevels.at(i);
    crossing.crossed.at(i) = armed.at(i) && !above;
    crossing.armed.at(i) = above && (armed.at(i) || movement == Movement::added);
  }
  return crossing;
}

}  // namespace ledger
