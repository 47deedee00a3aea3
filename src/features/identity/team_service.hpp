// Team accounts: who is in them, and how one comes in. Every change is in the audit log with the
// transaction that makes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/identity_views.hpp"
#include "features/identity/team_store.hpp"

namespace identity {

struct Roster {
  std::vector<Member> members;
  std::vector<Invitation> invitations;
};

struct SentInvitation {
  Invitation invitation;
  std::optional<std::string> token;  // when no mail carries it: to be passed on by hand
};

// A team as the application beside us has it.
struct SyncedTeam {
  std::string id;  // uuid
  std::string name;
  struct Seat {
    std::string subject;  // uuid of the user
    Role role = Role::member;
  };
  std::vector<Seat> members;
};

class TeamService {
 public:
  explicit TeamService(IdentityParts& parts) : parts_(parts) {}

  // The caller is its owner. A team gets no trial time.
  base::Task<base::Result<AccountView>> create(http::Caller caller, std::string name);
  base::Task<base::Result<Roster>> roster(base::AccountId account);
  // `conflict` for a personal account or somebody who is in already. Nobody is invited as owner.
  base::Task<base::Result<SentInvitation>> invite(http::Caller caller, std::string email,
                                                  Role role);
  base::Task<base::Result<void>> withdraw(http::Caller caller, std::string invitation);
  // `gone` for a token that is unknown or too old; `forbidden` when it was sent to another address.
  base::Task<base::Result<AccountView>> accept(http::Caller caller, std::string token);
  // Only an owner makes, changes or removes an owner; the last one stays.
  base::Task<base::Result<void>> set_role(http::Caller caller, base::UserId member, Role role);
  // Others need the right to manage the team; everybody may leave.
  base::Task<base::Result<void>> remove(http::Caller caller, base::UserId member);

  // For the application beside us: this is the team, and these are all of its members. Unknown
  // users are made without a trial's time being given before they come themselves.
  base::Task<base::Result<base::AccountId>> sync(http::Caller caller, SyncedTeam team);
  // No token of this external session gets in any more.
  base::Task<base::Result<void>> deny_session(http::Caller caller, std::string session_id);

 private:
  IdentityParts& parts_;
};

}  // namespace identity
