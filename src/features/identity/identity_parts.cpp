#include "features/identity/identity_parts.hpp"

namespace identity {

std::uint16_t IdentityParts::plan_index(std::string_view plan) const {
  for (std::size_t i = 0; i < options.plans.size(); ++i)
    if (options.plans[i].id == plan) return static_cast<std::uint16_t>(i);
  return 0;
}

}  // namespace identity
