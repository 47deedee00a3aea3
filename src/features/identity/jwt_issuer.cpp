#include "features/identity/jwt_issuer.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <span>

#include <openssl/evp.h>
#include <sodium.h>

#include "base/check.hpp"
#include "base/json.hpp"
#include "features/identity/jwt_base64.hpp"
#include "features/identity/jwt_claims.hpp"
#include "features/identity/key_file.hpp"

namespace identity {
namespace {

constexpr std::string_view kFileName = "identity_ed25519.pem";

std::string public_bytes(const EVP_PKEY* key) {
  std::array<unsigned char, 32> bytes{};
  std::size_t size = bytes.size();
  RL_CHECK(EVP_PKEY_get_raw_public_key(key, bytes.data(), &size) == 1 && size == bytes.size(),
           "an Ed25519 public key has 32 bytes");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string thumbprint(const std::string& x) {
  const std::string canonical = R"({"crv":"Ed25519","kty":"OKP","x":")" + x + R"("})";
  std::array<unsigned char, 32> digest{};
  RL_CHECK(EVP_Digest(canonical.data(), canonical.size(), digest.data(), nullptr, EVP_sha256(),
                      nullptr) == 1,
           "OpenSSL gives SHA-256");
  return encode_base64url(std::span<const unsigned char>(digest));
}

std::string payload_of(const OwnToken& token) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  json.field("iss", token.issuer);
  json.field("aud", kOwnAudience);
  json.field("sub", token.subject);
  json.field("acc", token.account);
  json.field("sid", token.session);
  json.field("iat", base::to_unix_seconds(token.issued_at));
  json.field("exp", base::to_unix_seconds(token.expires_at));
  json.end_object();
  return text;
}

}  // namespace

TokenIssuer::TokenIssuer(std::shared_ptr<evp_pkey_st> key)
    : key_(std::move(key)),
      public_key_(public_bytes(key_.get())),
      kid_(thumbprint(encode_base64url(public_key_))) {}

base::Result<TokenIssuer> TokenIssuer::load_or_make(const std::string& folder) {
  const auto path = (std::filesystem::path(folder) / kFileName).string();
  RL_TRY(auto key, load_or_make_ed25519(folder, path));
  return TokenIssuer(std::move(key));
}

std::string TokenIssuer::sign(const OwnToken& token) const {
  std::string text = encode_base64url(R"({"alg":"EdDSA","kid":")" + kid_ + R"(","typ":"JWT"})");
  text += '.';
  text += encode_base64url(payload_of(token));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  std::array<unsigned char, 64> signature{};
  std::size_t size = signature.size();
  RL_CHECK(
      context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
          EVP_DigestSign(context.get(), signature.data(), &size,
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1 &&
          size == signature.size(),
      "OpenSSL signs with an Ed25519 key");
  return text + '.' + encode_base64url(std::span<const unsigned char>(signature));
}

base::Result<VerificationKey> TokenIssuer::verification_key() const {
  return VerificationKey::ed25519(public_key_, kid_, Trust::own);
}

SealKey TokenIssuer::seal_key() const {
  std::array<unsigned char, 32> secret{};
  std::size_t size = secret.size();
  RL_CHECK(
      EVP_PKEY_get_raw_private_key(key_.get(), secret.data(), &size) == 1 && size == secret.size(),
      "an Ed25519 private key has 32 bytes");
  constexpr std::string_view kUse = "redline seal 1";
  SealKey key{};
  crypto_generichash(key.data(), key.size(), reinterpret_cast<const unsigned char*>(kUse.data()),
                     kUse.size(), secret.data(), secret.size());
  sodium_memzero(secret.data(), secret.size());
  return key;
}

std::string TokenIssuer::jwks() const {
  return R"({"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":")" + kid_ +
         R"(","x":")" + encode_base64url(public_key_) + R"("}]})";
}

}  // namespace identity
