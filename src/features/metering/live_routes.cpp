#include "features/metering/live_routes.hpp"

namespace metering {

std::uint32_t RoutePool::take() {
  ++taken_;
  if (free_ == kNone) {
    records_.emplace_back();
    return static_cast<std::uint32_t>(records_.size() - 1);
  }
  const auto number = free_;
  free_ = at(number).proofs.front();
  at(number) = {};
  return number;
}

void RoutePool::give_back(std::uint32_t number) {
  at(number).proofs.front() = free_;
  free_ = number;
  --taken_;
}

}  // namespace metering
