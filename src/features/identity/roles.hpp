// What people may do: in an account by their role there, across accounts by their operator role.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/caller.hpp"

namespace identity {

enum class Role : std::uint8_t { owner, admin, member, billing };
enum class OperatorRole : std::uint8_t { none, support, finance, admin };

[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view name);
// "" for none.
[[nodiscard]] std::string_view role_name(OperatorRole role);
// Names of real roles only.
[[nodiscard]] std::optional<OperatorRole> parse_operator_role(std::string_view name);

// Owner and admin: everything in the account. Member: the data, and what it costs. Billing: money
// only.
[[nodiscard]] http::Scopes scopes_of(Role role);
// Support looks and helps; finance moves time and money; admin does both and names operators.
[[nodiscard]] http::Scopes scopes_of(OperatorRole role);

}  // namespace identity
