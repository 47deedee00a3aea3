#include "features/limits/subject.hpp"

#include <array>
#include <cstring>

#include <arpa/inet.h>

namespace limits {
namespace {

enum class Kind : std::uint32_t { account = 1, ipv4, ipv6, text, unknown };

std::uint32_t tag_of(Scope scope, Kind kind) {
  return (static_cast<std::uint32_t>(scope) << 8U) | static_cast<std::uint32_t>(kind);
}

std::uint64_t read_u64(const unsigned char* bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// FNV-1a, 64 bits.
std::uint64_t hash_text(std::string_view text, std::uint64_t start) {
  for (const char letter : text)
    start = (start ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
  return start;
}

constexpr std::array<unsigned char, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

Subject account_subject(Scope scope, base::AccountId account) {
  return {account.bits().high, account.bits().low, tag_of(scope, Kind::account)};
}

Subject address_subject(Scope scope, std::string_view address) {
  address = address.substr(0, address.find('%'));  // fe80::1%eth0
  std::array<char, INET6_ADDRSTRLEN + 1> text{};
  if (address.size() >= text.size()) return {0, 0, tag_of(scope, Kind::unknown)};
  address.copy(text.data(), address.size());
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.data(), bytes.data()) == 1)
    return {0, read_u64(bytes.data()), tag_of(scope, Kind::ipv4)};
  if (inet_pton(AF_INET6, text.data(), bytes.data()) != 1)
    return {0, 0, tag_of(scope, Kind::unknown)};
  if (std::memcmp(bytes.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0) {
    std::array<unsigned char, 8> mapped{};
    std::memcpy(mapped.data(), bytes.data() + kMappedPrefix.size(), 4);
    return {0, read_u64(mapped.data()), tag_of(scope, Kind::ipv4)};
  }
  return {0, read_u64(bytes.data()), tag_of(scope, Kind::ipv6)};
}

Subject text_subject(Scope scope, std::string_view text) {
  return {hash_text(text, 0xCBF29CE484222325ULL), hash_text(text, 0x9E3779B97F4A7C15ULL),
          tag_of(scope, Kind::text)};
}

}  // namespace limits
