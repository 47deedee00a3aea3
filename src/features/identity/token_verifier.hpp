// From a token's text to trusted claims, with every key there is: our own, the configured ones, and
// those of the key set by URL, which may have to be fetched first.
#pragma once

#include <string>

#include "base/task.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/jwt_verify.hpp"

namespace identity {

// `unauthenticated` (token_invalid), or `overloaded` (identity_unavailable) when the key set is
// needed and none may be used.
base::Task<base::Result<VerifiedToken>> verify_with_all_keys(IdentityParts& parts,
                                                             std::string token);

}  // namespace identity
