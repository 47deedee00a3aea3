// People and accounts as the feature's services show them.
#pragma once

#include <string>

#include "base/ids.hpp"
#include "features/identity/roles.hpp"

namespace identity {

// Where a sign-in comes from, for the list of sessions and the pause after failed ones.
struct Visitor {
  std::string address{};
  std::string agent{};  // User-Agent, cut
};

struct UserView {
  base::UserId id;
  std::string email;  // as given, trimmed; may be empty for external users
  bool email_verified = false;
  OperatorRole operator_role = OperatorRole::none;
};

struct AccountView {
  base::AccountId id;
  std::string plan;           // id of a PlanOption
  std::string external_id{};  // uuid of the application beside us, else empty
  Role role = Role::owner;    // of the user in the account
  bool is_team = false;
  std::string name{};  // of a team
};

}  // namespace identity
