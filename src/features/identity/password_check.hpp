// Who knows the password, and has the second factor: for sign-in and for what a signed-in person
// must prove again. Wrong tries pause the account for the address, and after many for everybody.
#pragma once

#include <optional>
#include <string>

#include "base/task.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/identity_views.hpp"

namespace identity {

struct Proof {
  std::string password;
  std::optional<std::string> code;  // of an app, or a recovery code
  std::string address;              // the peer's
};

// `unauthenticated` with reason wrong_credentials (the same answer and time for an unknown e-mail
// and a wrong password), second_factor_required or second_factor_wrong; `rate_limited` with
// retry_after_seconds; `overloaded`.
base::Task<base::Result<UserView>> prove_by_email(IdentityParts& parts, std::string folded,
                                                  Proof proof);
base::Task<base::Result<UserView>> prove_again(IdentityParts& parts, base::UserId user,
                                               Proof proof);

}  // namespace identity
