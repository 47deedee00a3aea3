// Keys that sign or check tokens. A key is bound to exactly one algorithm and to one set of claim
// rules (Trust): whatever a token says about itself, it cannot choose how it is checked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct evp_mac_ctx_st;
struct evp_pkey_st;

namespace identity {

enum class Algorithm : std::uint8_t { hs256, eddsa, es256, rs256 };
enum class Trust : std::uint8_t { own, external };

// Only the exact spellings "HS256", "EdDSA", "ES256" and "RS256".
[[nodiscard]] std::optional<Algorithm> parse_algorithm(std::string_view name);

// A shared secret must have 32 bytes, variety, and not be one of the documented placeholders.
// `invalid`; the secret is never part of the error.
[[nodiscard]] base::Result<void> check_hs256_secret(std::string_view secret);

class VerificationKey {
 public:
  // The secret is used as text.
  [[nodiscard]] static base::Result<VerificationKey> hs256(std::string_view secret, Trust trust);
  // 32 bytes of a public key. `kid` is never empty.
  [[nodiscard]] static base::Result<VerificationKey> ed25519(std::string_view public_key,
                                                             std::string kid, Trust trust);
  // `key` is a public key that fits the algorithm (jwk.hpp sees to it). `kid` is never empty.
  [[nodiscard]] static VerificationKey of_public_key(Algorithm algorithm,
                                                     std::shared_ptr<evp_pkey_st> key,
                                                     std::string kid, Trust trust);

  // Constant time over the signature's content. Thread-safe.
  [[nodiscard]] bool verify(std::string_view signed_part, std::string_view signature) const;
  [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
  [[nodiscard]] Trust trust() const { return trust_; }
  // Empty: a shared secret has no name of its own and serves every well-formed kid.
  [[nodiscard]] const std::string& kid() const { return kid_; }

 private:
  VerificationKey(Algorithm algorithm, Trust trust, std::string kid);
  Algorithm algorithm_;
  Trust trust_;
  std::string kid_;
  std::shared_ptr<evp_mac_ctx_st> mac_;  // keyed; duplicated for each use
  std::shared_ptr<evp_pkey_st> public_key_;
};

using KeyRing = std::vector<VerificationKey>;

// A kid is only ever compared; one that is empty, over 128 bytes, or looks like a path or a query
// is refused all the same.
[[nodiscard]] bool plausible_kid(std::string_view kid);

}  // namespace identity
