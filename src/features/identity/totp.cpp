#include "features/identity/totp.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.hpp"
#include "features/identity/secret_token.hpp"

namespace identity {
namespace {

constexpr std::int64_t kStepSeconds = 30;

}  // namespace

std::int64_t totp_step(base::Instant now) { return base::to_unix_seconds(now) / kStepSeconds; }

std::string totp_code(std::string_view secret, std::int64_t step) {
  std::array<unsigned char, 8> counter{};
  auto rest = static_cast<std::uint64_t>(step);
  for (std::size_t i = counter.size(); i-- > 0; rest >>= 8U)
    counter[i] = static_cast<unsigned char>(rest & 0xFFU);
  std::array<unsigned char, 20> mac{};
  unsigned size = mac.size();
  RL_CHECK(HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(),
                counter.size(), mac.data(), &size) != nullptr,
           "OpenSSL gives HMAC-SHA-1");
  const std::size_t offset = mac.back() & 0x0FU;
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = (word << 8U) | mac.at(offset + i);
  return fmt::format("{:06}", (word & 0x7FFFFFFFU) % 1'000'000U);
}

std::optional<std::int64_t> match_totp(std::string_view secret, std::string_view code,
                                       base::Instant now, std::int64_t last_used) {
  std::optional<std::int64_t> matched;
  const auto current = totp_step(now);
  for (auto step = current - 1; step <= current + 1; ++step)
    if (step > last_used && same_secret(totp_code(secret, step), code)) matched = step;
  return matched;
}

std::string encode_base32(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5;) {
      bits -= 5;
      text += kDigits[(buffer >> bits) & 31U];
    }
  }
  if (bits > 0) text += kDigits[(buffer << (5 - bits)) & 31U];
  return text;
}

std::string totp_uri(std::string_view secret, std::string_view email) {
  std::string label;
  for (const char c : email) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    label += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return fmt::format("otpauth://totp/Redline:{}?secret={}&issuer=Redline&digits=6&period=30", label,
                     encode_base32(secret));
}

}  // namespace identity
