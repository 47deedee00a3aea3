#include "features/identity/roles.hpp"

#include <array>
#include <utility>

namespace identity {
namespace {

using http::Scope;
using http::Scopes;

constexpr std::array<std::pair<Role, std::string_view>, 4> kRoles{{{Role::owner, "owner"},
                                                                   {Role::admin, "admin"},
                                                                   {Role::member, "member"},
                                                                   {Role::billing, "billing"}}};
constexpr std::array<std::pair<OperatorRole, std::string_view>, 3> kOperatorRoles{
    {{OperatorRole::support, "support"},
     {OperatorRole::finance, "finance"},
     {OperatorRole::admin, "admin"}}};

}  // namespace

std::string_view role_name(Role role) {
  for (const auto& [value, name] : kRoles)
    if (value == role) return name;
  return "";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const auto& [value, name] : kRoles)
    if (name == text) return value;
  return std::nullopt;
}

std::string_view role_name(OperatorRole role) {
  for (const auto& [value, name] : kOperatorRoles)
    if (value == role) return name;
  return "";
}

std::optional<OperatorRole> parse_operator_role(std::string_view text) {
  for (const auto& [value, name] : kOperatorRoles)
    if (name == text) return value;
  return std::nullopt;
}

Scopes scopes_of(Role role) {
  constexpr Scopes kData{Scope::own, Scope::data_read, Scope::data_write, Scope::query,
                         Scope::billing_read};
  switch (role) {
    case Role::owner:
    case Role::admin:
      return kData | Scopes{Scope::billing_write, Scope::team};
    case Role::member:
      return kData;
    case Role::billing:
      return {Scope::own, Scope::billing_read, Scope::billing_write};
  }
  return {};
}

Scopes scopes_of(OperatorRole role) {
  switch (role) {
    case OperatorRole::none:
      return {};
    case OperatorRole::support:
      return {Scope::operator_read, Scope::operator_support};
    case OperatorRole::finance:
      return {Scope::operator_read, Scope::operator_finance};
    case OperatorRole::admin:
      return {Scope::operator_read, Scope::operator_support, Scope::operator_finance,
              Scope::operator_admin};
  }
  return {};
}

}  // namespace identity
