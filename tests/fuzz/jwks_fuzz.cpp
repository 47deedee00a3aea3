// A key set as an issuer's server answers it. Nothing but named public keys comes out, few and each
// name once; and no key that would take a signature which nobody had to make.
#include <algorithm>
#include <array>
#include <string>

#include "features/identity/jwk.hpp"
#include "features/identity/jwt_base64.hpp"
#include "features/identity/jwt_verify.hpp"
#include "fuzz.hpp"

namespace {

using fuzz::require;
using identity::Algorithm;

std::string_view name_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hs256:
      return "HS256";
    case Algorithm::eddsa:
      return "EdDSA";
    case Algorithm::es256:
      return "ES256";
    case Algorithm::rs256:
      return "RS256";
  }
  return {};
}

// What a careless curve or modulus lets pass: zeros, and Ed25519's neutral point with the factor 0.
std::string empty_signature(Algorithm algorithm, bool neutral) {
  std::string signature(algorithm == Algorithm::rs256 ? 256 : 64, '\0');
  if (neutral) signature[algorithm == Algorithm::rs256 ? 255 : 0] = '\x01';
  return signature;
}

void check_key(const identity::VerificationKey& key, const identity::KeyRing& ring) {
  require(key.algorithm() != Algorithm::hs256 && key.trust() == identity::Trust::external);
  require(identity::plausible_kid(key.kid()));
  require(std::ranges::count(ring, key.kid(), &identity::VerificationKey::kid) == 1);
  const std::string head = R"({"alg":")" + std::string(name_of(key.algorithm())) + R"("})";
  const std::string token =
      identity::encode_base64url(head) + '.' + identity::encode_base64url(R"({"sub":"1"})");
  for (const bool neutral : {false, true}) {
    const auto signature = empty_signature(key.algorithm(), neutral);
    require(!key.verify(token, signature));
    require(!identity::verify_token(token + '.' + identity::encode_base64url(signature), ring));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto ring = identity::read_jwks(fuzz::text_of(bytes, size), identity::Trust::external);
  if (!ring) {
    require(!ring.error().reason.empty() && !ring.error().message.empty());
    return 0;
  }
  require(ring->size() <= 32);
  for (const auto& key : *ring) check_key(key, *ring);
  return 0;
}
