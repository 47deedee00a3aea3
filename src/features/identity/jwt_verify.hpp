// A compact JWS (RFC 7515) from its text to trusted claims: shape, header, key, signature, in this
// order, before anything in the payload is looked at. Pure: no clock, no I/O, no network, whatever
// the token says (`jku`, `x5u`, `jwk`, `x5c` are refused).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/result.hpp"
#include "features/identity/jwt_keys.hpp"

namespace identity {

constexpr std::size_t kMaxTokenBytes = 8'192;

struct VerifiedToken {
  Trust trust = Trust::external;  // of the key that signed it
  boost::json::object claims;
};

// One message for every fault: `unauthenticated`, reason `token_invalid`; what was wrong is in
// detail.
[[nodiscard]] base::Result<VerifiedToken> verify_token(std::string_view token, const KeyRing& keys);

// The kid of a well-formed token of a public-key algorithm, when no key of the ring has that name:
// a key set may have it. Never the reason for a call by itself: nothing is verified yet.
[[nodiscard]] std::optional<std::string> missing_kid(std::string_view token, const KeyRing& keys);

[[nodiscard]] std::unexpected<base::Error> invalid_token(std::string detail);
[[nodiscard]] std::unexpected<base::Error> expired_token(std::string detail);

}  // namespace identity
