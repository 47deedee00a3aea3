#include "features/billing/signature.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.hpp"

namespace billing {
namespace {

constexpr std::size_t kMaxHeaderBytes = 4'096;
constexpr std::size_t kMaxSignatures = 16;
constexpr std::size_t kHexDigits = 64;

struct Header {
  std::string_view time;  // as sent: it is part of what is signed
  std::int64_t seconds = 0;
  std::vector<std::string_view> v1{};
};

std::unexpected<base::Error> refuse(std::string detail) {
  return base::fail(base::ErrorCode::malformed, "signature_invalid",
                    "The signature of this event is not valid.", std::move(detail));
}

// A plain non-negative integer that fits; no sign, no space.
std::optional<std::int64_t> parse_seconds(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t seconds = 0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, seconds);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return seconds;
}

std::optional<Header> parse_header(std::string_view text) {
  Header header;
  bool timed = false;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto item = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = item.substr(0, equals);
    const auto value = item.substr(equals + 1);
    if (name == "t") {
      const auto seconds = parse_seconds(value);
      if (!seconds || timed) return std::nullopt;
      header.time = value;
      header.seconds = *seconds;
      timed = true;
    } else if (name == "v1") {
      header.v1.push_back(value);
    }
  }
  if (!timed || header.v1.empty() || header.v1.size() > kMaxSignatures) return std::nullopt;
  return header;
}

std::string hmac_hex(std::string_view secret, std::string_view time, std::string_view body) {
  std::string text;
  text.reserve(time.size() + 1 + body.size());
  text.append(time).append(1, '.').append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const auto* done =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  RL_CHECK(done != nullptr, "HMAC-SHA256 works");
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool same(std::string_view expected, std::string_view given) {
  return given.size() == kHexDigits && expected.size() == kHexDigits &&
         CRYPTO_memcmp(expected.data(), given.data(), kHexDigits) == 0;
}

}  // namespace

base::Result<void> verify_signature(std::string_view header, std::string_view body,
                                    std::span<const std::string> secrets, std::int64_t now_seconds,
                                    std::int64_t tolerance_seconds) {
  if (header.size() > kMaxHeaderBytes) return refuse("header too long");
  if (body.empty()) return refuse("empty body");
  const auto parsed = parse_header(header);
  if (!parsed) return refuse("header without one time and 1 to 16 v1 signatures");
  bool fits = false;
  for (const auto& secret : secrets) {
    if (is_blank(secret)) continue;
    const auto expected = hmac_hex(secret, parsed->time, body);
    for (const auto given : parsed->v1) fits |= same(expected, given);
  }
  if (!fits) return refuse("no signature fits");
  // Both are non-negative, so the difference cannot overflow.
  const auto age = now_seconds - parsed->seconds;
  if (age > tolerance_seconds || age < -tolerance_seconds)
    return refuse(fmt::format("signed {} s ago", age));
  return {};
}

std::string sign(std::string_view body, std::string_view secret, std::int64_t now_seconds) {
  const auto time = fmt::format("{}", now_seconds);
  return fmt::format("t={},v1={}", time, hmac_hex(secret, time, body));
}

}  // namespace billing
