#include "features/identity/jwt_keys.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/ascii.hpp"

namespace identity {
namespace {

using base::lower;

constexpr std::size_t kMinSecret = 32;
constexpr std::size_t kMinDistinctBytes = 8;

// Written in manuals, templates and starter kits; compared without case, also as a part.
constexpr auto kPlaceholders = std::to_array<std::string_view>({
    "super-secret-jwt-token",
    "your-super-secret",
    "your-jwt-secret",
    "your_jwt_secret",
    "your-secret-key",
    "your-256-bit-secret",
    "your_secret",
    "change-me",
    "changeme",
    "change_me",
    "change-this",
    "change_this",
    "replace-me",
    "replace_me",
    "replace-with",
    "replace_with",
    "insert-your",
    "placeholder",
    "secretsecretsecret",
});

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool verify_mac(EVP_MAC_CTX* keyed, std::string_view signed_part, std::string_view signature) {
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_dup(keyed),
                                                                          &EVP_MAC_CTX_free);
  std::array<unsigned char, 32> expected{};
  std::size_t size = 0;
  if (!context || EVP_MAC_update(context.get(), bytes_of(signed_part), signed_part.size()) != 1 ||
      EVP_MAC_final(context.get(), expected.data(), &size, expected.size()) != 1)
    return false;
  return size == expected.size() && signature.size() == size &&
         CRYPTO_memcmp(expected.data(), signature.data(), size) == 0;
}

// `digest` is null for Ed25519. RSA keys verify PKCS #1 v1.5, never PSS.
bool verify_with(EVP_PKEY* key, const EVP_MD* digest, std::string_view signed_part,
                 std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                          bytes_of(signed_part), signed_part.size()) == 1;
}

// JOSE writes r and s as 32 bytes each; OpenSSL wants them in DER, and refuses 0 and >= n.
bool verify_es256(EVP_PKEY* key, std::string_view signed_part, std::string_view signature) {
  if (signature.size() != 64) return false;
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(),
                                                                   &ECDSA_SIG_free);
  BIGNUM* const r = BN_bin2bn(bytes_of(signature), 32, nullptr);
  BIGNUM* const s = BN_bin2bn(bytes_of(signature.substr(32)), 32, nullptr);
  if (!pair || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return false;
  }
  std::array<unsigned char, 80> der{};
  unsigned char* end = der.data();
  const int size = i2d_ECDSA_SIG(pair.get(), &end);
  if (size <= 0) return false;
  return verify_with(key, EVP_sha256(), signed_part,
                     {reinterpret_cast<const char*>(der.data()), static_cast<std::size_t>(size)});
}

bool verify_rs256(EVP_PKEY* key, std::string_view signed_part, std::string_view signature) {
  return std::cmp_equal(signature.size(), EVP_PKEY_get_size(key)) &&
         verify_with(key, EVP_sha256(), signed_part, signature);
}

}  // namespace

bool plausible_kid(std::string_view kid) {
  if (kid.empty() || kid.size() > 128 || kid.front() == '/' || kid.contains("..")) return false;
  return std::ranges::all_of(kid, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"+/=_.:-"}.contains(c);
  });
}

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  if (name == "HS256") return Algorithm::hs256;
  if (name == "EdDSA") return Algorithm::eddsa;
  if (name == "ES256") return Algorithm::es256;
  if (name == "RS256") return Algorithm::rs256;
  return std::nullopt;
}

base::Result<void> check_hs256_secret(std::string_view secret) {
  const auto refuse = [](std::string message) {
    auto error = base::fail(base::ErrorCode::invalid, "invalid_request", message);
    error.error().fields.push_back({"hs256_secrets", std::move(message)});
    return error;
  };
  if (secret.size() < kMinSecret)
    return refuse("The HS256 secret is shorter than 32 bytes. Use the project's own JWT secret.");
  std::string folded(secret);
  std::ranges::transform(folded, folded.begin(), lower);
  for (const auto placeholder : kPlaceholders)
    if (folded.contains(placeholder))
      return refuse("The HS256 secret is a placeholder from a manual. Use the project's own.");
  std::bitset<256> seen;
  for (const char c : secret) seen.set(static_cast<unsigned char>(c));
  if (seen.count() < kMinDistinctBytes)
    return refuse("The HS256 secret repeats a few characters. Use a random one.");
  return {};
}

VerificationKey::VerificationKey(Algorithm algorithm, Trust trust, std::string kid)
    : algorithm_(algorithm), trust_(trust), kid_(std::move(kid)) {}

base::Result<VerificationKey> VerificationKey::hs256(std::string_view secret, Trust trust) {
  RL_TRY_VOID(check_hs256_secret(secret));
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
      EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free);
  VerificationKey key(Algorithm::hs256, trust, "");
  key.mac_ = {mac ? EVP_MAC_CTX_new(mac.get()) : nullptr, &EVP_MAC_CTX_free};
  std::string digest = "SHA256";
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_end()};
  if (!key.mac_ ||
      EVP_MAC_init(key.mac_.get(), bytes_of(secret), secret.size(), parameters.data()) != 1)
    return base::fail_internal("OpenSSL gives no HMAC-SHA256");
  return key;
}

base::Result<VerificationKey> VerificationKey::ed25519(std::string_view public_key, std::string kid,
                                                       Trust trust) {
  VerificationKey key(Algorithm::eddsa, trust, std::move(kid));
  key.public_key_ = {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_key),
                                                 public_key.size()),
                     &EVP_PKEY_free};
  if (!key.public_key_) return base::fail_internal("not an Ed25519 public key");
  return key;
}

VerificationKey VerificationKey::of_public_key(Algorithm algorithm,
                                               std::shared_ptr<evp_pkey_st> key, std::string kid,
                                               Trust trust) {
  VerificationKey made(algorithm, trust, std::move(kid));
  made.public_key_ = std::move(key);
  return made;
}

bool VerificationKey::verify(std::string_view signed_part, std::string_view signature) const {
  switch (algorithm_) {
    case Algorithm::hs256:
      return verify_mac(mac_.get(), signed_part, signature);
    case Algorithm::eddsa:
      return signature.size() == 64 &&
             verify_with(public_key_.get(), nullptr, signed_part, signature);
    case Algorithm::es256:
      return verify_es256(public_key_.get(), signed_part, signature);
    case Algorithm::rs256:
      return verify_rs256(public_key_.get(), signed_part, signature);
  }
  return false;
}

}  // namespace identity
