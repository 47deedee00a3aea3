#include "features/identity/sealed.hpp"

#include <span>

#include <sodium.h>

#include "features/identity/jwt_base64.hpp"

namespace identity {
namespace {

const unsigned char* raw_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string seal(const SealKey& key, std::string_view secret, base::Random& random) {
  std::string out(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + secret.size(), '\0');
  random.fill(std::as_writable_bytes(std::span(out).first(crypto_secretbox_NONCEBYTES)));
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  crypto_secretbox_easy(bytes + crypto_secretbox_NONCEBYTES, raw_bytes(secret), secret.size(),
                        bytes, key.data());
  return encode_base64url(out);
}

std::optional<std::string> unseal(const SealKey& key, std::string_view sealed) {
  const auto box = decode_base64url(sealed);
  constexpr auto kOverhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (!box || box->size() < kOverhead) return std::nullopt;
  std::string secret(box->size() - kOverhead, '\0');
  const bool opened = crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(secret.data()),
                                                 raw_bytes(*box) + crypto_secretbox_NONCEBYTES,
                                                 box->size() - crypto_secretbox_NONCEBYTES,
                                                 raw_bytes(*box), key.data()) == 0;
  if (!opened) return std::nullopt;
  return secret;
}

std::string keyed_mark(const SealKey& key, std::string_view text) {
  std::array<unsigned char, crypto_generichash_BYTES> digest{};
  crypto_generichash(digest.data(), digest.size(), raw_bytes(text), text.size(), key.data(),
                     key.size());
  return encode_base64url(std::span<const unsigned char>(digest));
}

}  // namespace identity
