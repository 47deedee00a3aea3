// SQL over members of an account and the invitations to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "features/identity/roles.hpp"
#include "sql/database.hpp"

namespace identity {

struct Member {
  base::UserId user;
  std::string email;
  Role role = Role::member;
  base::Instant since;
};

struct Invitation {
  std::string id;  // inv_…
  base::AccountId account;
  std::string email_folded;
  Role role = Role::member;
  base::Instant expires_at;
};

[[nodiscard]] std::vector<Member> members_of(sql::OperatorTx& tx, base::AccountId account);
[[nodiscard]] std::optional<Role> role_in(sql::OperatorTx& tx, base::AccountId account,
                                          base::UserId user);
[[nodiscard]] std::int64_t count_owners(sql::OperatorTx& tx, base::AccountId account);

// In place of an earlier one to the same address.
void put_invitation(sql::OperatorTx& tx, const Invitation& invitation, base::UserId by,
                    std::string_view token_hash, base::Instant now);
[[nodiscard]] std::vector<Invitation> invitations_of(sql::OperatorTx& tx, base::AccountId account,
                                                     base::Instant now);
[[nodiscard]] std::optional<Invitation> find_invitation(sql::OperatorTx& tx,
                                                        std::string_view token_hash,
                                                        base::Instant now);
bool remove_invitation(sql::OperatorTx& tx, base::AccountId account, std::string_view id);

}  // namespace identity
