// Who uses an account's time, where members of a team are billed side by side.
#pragma once

#include <compare>
#include <cstdint>

#include "base/ids.hpp"

namespace metering {

// Empty: all use of the account counts as one.
struct Member {
  base::UserId user;
  std::int32_t at_most = 0;  // so many members are billed at a time; 0: as many as there are
  [[nodiscard]] bool side_by_side() const { return !user.empty(); }
  auto operator<=>(const Member&) const = default;
};

}  // namespace metering
