// What the proofs of an open run came from. A run whose proofs are all of one class says so in its
// own record; from the second class on it has a record here, which the shard's lock guards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "features/ledger/run.hpp"

namespace metering {

struct RunRoutes {
  std::array<std::uint32_t, ledger::kRouteClasses> proofs{};
  base::Instant last_proof{};  // start of the latest one
};

// Records of the runs of one shard. Their numbers stay, their addresses do not.
class RoutePool {
 public:
  [[nodiscard]] std::uint32_t take();
  void give_back(std::uint32_t number);
  [[nodiscard]] RunRoutes& at(std::uint32_t number) { return records_.at(number); }
  [[nodiscard]] const RunRoutes& at(std::uint32_t number) const { return records_.at(number); }
  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::size_t bytes() const { return records_.capacity() * sizeof(RunRoutes); }

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  std::vector<RunRoutes> records_;
  std::uint32_t free_ = kNone;  // linked through the first count
  std::size_t taken_ = 0;
};

}  // namespace metering
