#include "features/identity/secret_token.hpp"

#include <array>
#include <span>

#include <sodium.h>

#include "features/identity/jwt_base64.hpp"

namespace identity {

std::string make_secret(base::Random& random) {
  std::array<unsigned char, 32> bytes{};
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return encode_base64url(std::span<const unsigned char>(bytes));
}

std::string hash_secret(std::string_view secret) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(secret.data()),
                     secret.size());
  return encode_base64url(std::span<const unsigned char>(digest));
}

std::string csrf_of(std::string_view session_token) {
  return hash_secret("redline csrf 1:" + std::string(session_token));
}

bool same_secret(std::string_view left, std::string_view right) {
  return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace identity
