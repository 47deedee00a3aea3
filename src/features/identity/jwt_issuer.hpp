// Our own issuer: an Ed25519 key in a file that only its owner may read, made on the first start
// and kept, so that tokens outlive a restart.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "features/identity/jwt_keys.hpp"
#include "features/identity/sealed.hpp"

namespace identity {

struct OwnToken {
  std::string issuer;
  std::string subject;  // usr_…
  std::string account;  // acc_…
  std::string session;  // ses_…
  base::Instant issued_at;
  base::Instant expires_at;
};

class TokenIssuer {
 public:
  // Loads `folder`/identity_ed25519.pem (PKCS#8) or makes it, with the folder. `internal` with
  // detail when it cannot, when the file holds no Ed25519 key, or when others may read it.
  [[nodiscard]] static base::Result<TokenIssuer> load_or_make(const std::string& folder);

  // Thread-safe.
  [[nodiscard]] std::string sign(const OwnToken& token) const;
  [[nodiscard]] base::Result<VerificationKey> verification_key() const;
  // {"keys":[{"kty":"OKP","crv":"Ed25519",…}]}; the kid is the key's RFC 7638 thumbprint.
  [[nodiscard]] std::string jwks() const;
  [[nodiscard]] const std::string& kid() const { return kid_; }
  // Follows from the private key; for what the store must not hold in the clear.
  [[nodiscard]] SealKey seal_key() const;

 private:
  explicit TokenIssuer(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  std::string public_key_;  // 32 bytes
  std::string kid_;
};

}  // namespace identity
