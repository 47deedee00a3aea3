// Feeds token verification anything: no crash, and nothing but the two good signatures is accepted.
// An input is taken as a whole token, and as header and payload under a good signature, so that the
// claim rules are reached.
#include <cstdlib>
#include <string>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "features/identity/jwt_base64.hpp"
#include "features/identity/jwt_claims.hpp"
#include "features/identity/jwt_verify.hpp"

namespace {

constexpr std::string_view kSecret = "fuzzing-only-Q7f2mZ0xK9sLr4Vb8Nw1Yc6Te3Hd5";
const base::Instant kNow = base::from_micros(1'795'341'600'000'000);

void require(bool holds) {
  if (!holds) std::abort();
}

const identity::KeyRing& keys() {
  static const identity::KeyRing ring{
      identity::VerificationKey::hs256(kSecret, identity::Trust::external).value()};
  return ring;
}

std::string with_good_signature(std::string_view header, std::string_view payload) {
  std::string token =
      identity::encode_base64url(header) + '.' + identity::encode_base64url(payload);
  unsigned char mac[32];
  unsigned size = 0;
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()),
       reinterpret_cast<const unsigned char*>(token.data()), token.size(), mac, &size);
  return token + '.' + identity::encode_base64url(std::span<const unsigned char>(mac, size));
}

void check_claims(const boost::json::object& claims) {
  const identity::ExternalTokens rules;
  const auto read = identity::read_external_claims(claims, rules, std::chrono::seconds{30}, kNow);
  if (read) {
    require(read->subject.size() == 36);
    require(read->expires_at > kNow);
  } else {
    require(read.error().code == base::ErrorCode::unauthenticated);
  }
  require(!identity::read_own_claims(claims, "redline", kNow) || claims.contains("sid"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = identity::decode_base64url(input))
    require(identity::encode_base64url(*bytes) == input);
  (void)identity::verify_token(input, keys());
  const auto line = input.find('\n');
  const auto header = line == std::string_view::npos ? R"({"alg":"HS256"})" : input.substr(0, line);
  const auto payload = line == std::string_view::npos ? input : input.substr(line + 1);
  if (const auto verified = identity::verify_token(with_good_signature(header, payload), keys()))
    check_claims(verified->claims);
  return 0;
}
