// What somebody does to a grant by hand or on behalf of a payment provider.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ledger {

enum class GrantChange : std::uint8_t { adjust, hold, release, revoke, restore };
[[nodiscard]] std::string_view grant_change_name(GrantChange change);
[[nodiscard]] std::optional<GrantChange> parse_grant_change(std::string_view name);

// `key` makes it happen once ("refund:re_…:500", "dispute:dp_…:lost"); `actor`
// is an operator's user id, "stripe" or "system".
struct OperatorOrder {
  std::string key;
  std::string reason;  // not empty
  std::string actor;
};

}  // namespace ledger
