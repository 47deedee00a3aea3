#include "features/identity/bench_tokens.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "base/check.hpp"
#include "features/identity/jwt_base64.hpp"
#include "features/identity/jwt_verify.hpp"

namespace identity {
namespace {

constexpr std::size_t kTokenRounds = 101;
constexpr std::size_t kChecks = 10;
constexpr std::string_view kSecret = "q7Zr2vYw9KxT4bNf6JmPd8Hs3LgCu5Ea";
constexpr std::string_view kClaims =
    R"({"aud":"authenticated","iss":"https://project.example.com/auth/v1","exp":1900000000,)"
    R"("iat":1800000000,"sub":"0b7e3a52-93d7-4c51-8f0e-6a4f2f1f9c3d","role":"authenticated",)"
    R"("email":"someone@example.com","session_id":"5d1f9a74-2c0b-4d64-9f3e-0b8e7c6a5d4f"})";

using Key = std::shared_ptr<EVP_PKEY>;
using Bytes = std::vector<unsigned char>;

Key owned(EVP_PKEY* key) {
  RL_CHECK(key != nullptr, "OpenSSL makes a key");
  return {key, &EVP_PKEY_free};
}

Bytes signature_of(EVP_PKEY* key, const EVP_MD* digest, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  Bytes signature(1'024);
  std::size_t size = signature.size();
  RL_CHECK(
      EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
          EVP_DigestSign(context.get(), signature.data(), &size,
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1,
      "OpenSSL signs");
  signature.resize(size);
  return signature;
}

// From DER to the two numbers of 32 bytes that JOSE writes.
Bytes jose_signature(const Bytes& der) {
  const unsigned char* begin = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size())), &ECDSA_SIG_free);
  RL_CHECK(pair != nullptr, "OpenSSL reads its own signature");
  Bytes both(64);
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), both.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), both.data() + 32, 32);
  return both;
}

Bytes mac_of(std::string_view text) {
  Bytes mac(32);
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), nullptr);
  return mac;
}

template <class Sign>
double median_us(const base::Clock& clock, std::string_view name, VerificationKey key,
                 const Sign& sign) {
  const auto header = fmt::format(R"({{"alg":"{}","kid":"bench","typ":"JWT"}})", name);
  std::string token = encode_base64url(header) + "." + encode_base64url(kClaims);
  const Bytes signature = sign(token);
  token += "." + encode_base64url(std::span<const unsigned char>(signature));
  const KeyRing keys{std::move(key)};
  std::array<std::int64_t, kTokenRounds> rounds{};
  for (auto& round : rounds) {
    const auto begin = clock.now();
    for (std::size_t i = 0; i < kChecks; ++i)
      RL_CHECK(verify_token(token, keys).has_value(), "the token of the bench is good");
    round = (clock.now() - begin).count();
  }
  std::ranges::sort(rounds);
  return static_cast<double>(rounds[kTokenRounds / 2]) / static_cast<double>(kChecks);
}

double public_key_us(const base::Clock& clock, std::string_view name, Algorithm algorithm, Key key,
                     const EVP_MD* digest) {
  auto* const raw = key.get();
  return median_us(
      clock, name,
      VerificationKey::of_public_key(algorithm, std::move(key), "bench", Trust::external),
      [&](std::string_view text) {
        const auto signature = signature_of(raw, digest, text);
        return algorithm == Algorithm::es256 ? jose_signature(signature) : signature;
      });
}

}  // namespace

TokenChecks bench_token_checks(const base::Clock& clock) {
  TokenChecks took;
  took.hs256 =
      median_us(clock, "HS256", VerificationKey::hs256(kSecret, Trust::external).value(), mac_of);
  took.eddsa = public_key_us(clock, "EdDSA", Algorithm::eddsa,
                             owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), nullptr);
  took.es256 =
      public_key_us(clock, "ES256", Algorithm::es256, owned(EVP_EC_gen("P-256")), EVP_sha256());
  took.rs256 =
      public_key_us(clock, "RS256", Algorithm::rs256, owned(EVP_RSA_gen(2048)), EVP_sha256());
  return took;
}

}  // namespace identity
