// Users of the application beside us, known by their access tokens.
#pragma once

#include <string>
#include <string_view>

#include "base/task.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/identity_views.hpp"
#include "features/identity/jwt_claims.hpp"

namespace identity {

struct ExternalUser {
  base::UserId user;
  AccountView account;  // the one the request acts for
  OperatorRole operator_role = OperatorRole::none;
};

// What is denied after a sign-out: the token's `session_id`, or the token itself when it has none.
// A hash, of one size.
[[nodiscard]] std::string external_session_key(const ExternalClaims& claims,
                                               std::string_view token);
// The same for a session_id that the application beside us names.
[[nodiscard]] std::string external_session_key(std::string_view session_id);

struct ExternalVisit {
  ExternalClaims claims;
  std::string session_key;
  std::string account;  // as the request names it; empty: the personal one
};

// The user of a verified token, made on first sight; e-mail and team accounts follow the token.
// Errors: `unauthenticated` (token_invalid) when the session is denied; `forbidden` when the named
// account is not the user's; `conflict` of the hook; of the store.
base::Task<base::Result<ExternalUser>> find_or_make_external(IdentityParts& parts,
                                                             ExternalVisit visit,
                                                             base::Instant now);

[[nodiscard]] std::unexpected<base::Error> not_your_account();

}  // namespace identity
