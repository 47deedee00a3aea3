// Public keys as others publish them: RFC 7517 key sets. What is weak, malformed, secret or meant
// for something else is left out; a set is never refused for one bad key.
#pragma once

#include <optional>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/result.hpp"
#include "features/identity/jwt_keys.hpp"

namespace identity {

// A signing key with a plausible kid: RSA of 2048 to 8192 bits with an odd exponent (RS256), a
// point of P-256 (ES256), or Ed25519 (EdDSA). nullopt for everything else: other algorithms than
// the key's own, `use` other than sig, shared secrets, private parts.
[[nodiscard]] std::optional<VerificationKey> read_jwk(const boost::json::object& jwk, Trust trust);

// {"keys":[…]}. `invalid` when the text is no key set. At most 32 keys count; of two keys with one
// kid neither does.
[[nodiscard]] base::Result<KeyRing> read_jwks(std::string_view text, Trust trust);

}  // namespace identity
