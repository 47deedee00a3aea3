// Makes a user with an account of its own, inside the caller's transaction.
#pragma once

#include <optional>
#include <string>

#include "features/identity/identity_parts.hpp"
#include "features/identity/identity_views.hpp"

namespace identity {

struct AccountDraft {
  std::string email;
  std::optional<std::string> email_folded;
  std::optional<std::string> password_hash;
  std::string external_id;  // of an external token, else empty
  OperatorRole operator_role = OperatorRole::none;
  bool email_verified = false;  // somebody vouches for it
  bool with_trial = true;  // calls IdentityHooks::account_created, unless the person had one before
};

struct MadeAccount {
  UserView user;
  AccountView account;
};

// `conflict` when the e-mail or the external id is known; whatever the hook answers.
[[nodiscard]] base::Result<MadeAccount> make_account(sql::OperatorTx& tx, IdentityParts& parts,
                                                     const AccountDraft& draft, base::Instant now);

// Who signs in, and from where.
struct Seated {
  base::UserId user;
  base::AccountId account;
  Visitor visitor;
};

struct StartedSession {
  base::SessionId id;
  std::string session_token;
  std::string refresh_token;
  base::Instant expires_at;
};

// With a cookie token and a first refresh token.
[[nodiscard]] StartedSession start_session(sql::OperatorTx& tx, IdentityParts& parts,
                                           const Seated& who, base::Instant now);

}  // namespace identity
