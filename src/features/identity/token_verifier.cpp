#include "features/identity/token_verifier.hpp"

namespace identity {

base::Task<base::Result<VerifiedToken>> verify_with_all_keys(IdentityParts& parts,
                                                             std::string token) {
  const auto kid = parts.key_source ? missing_kid(token, parts.keys) : std::nullopt;
  if (!kid) co_return verify_token(token, parts.keys);
  const auto keys = co_await parts.key_source->keys_for(*kid);
  if (!keys) co_return std::unexpected(keys.error());
  co_return verify_token(token, **keys);
}

}  // namespace identity
