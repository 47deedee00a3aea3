#include "worker/zone_rules.hpp"

#include <algorithm>

namespace worker {

std::int64_t ZoneRules::offset_at(std::int64_t utc_micros) const {
  if (changes_.empty()) return 0;
  const auto holds = [&](std::size_t index) {
    return (index == 0 || changes_[index].utc_micros <= utc_micros) &&
           (index + 1 == changes_.size() || utc_micros < changes_[index + 1].utc_micros);
  };
  if (!holds(last_)) {
    const auto after = std::ranges::upper_bound(changes_, utc_micros, {}, &ZoneChange::utc_micros);
    last_ = after == changes_.begin() ? 0 : static_cast<std::size_t>(after - changes_.begin()) - 1;
  }
  return changes_[last_].offset_micros;
}

std::int64_t ZoneRules::to_utc(std::int64_t local_micros) const {
  const std::int64_t guess = offset_at(local_micros);
  return local_micros - offset_at(local_micros - guess);
}

}  // namespace worker
