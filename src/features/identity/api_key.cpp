#include "features/identity/api_key.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "features/identity/credential.hpp"

namespace identity {
namespace {

using http::Scope;
using http::Scopes;

constexpr std::string_view kKeyDigits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kKeyBytes = 20;
constexpr std::size_t kKeyDigitCount = 32;
constexpr std::array kKeyScopes{
    Scope::data_read,        Scope::data_write,    Scope::query,
    Scope::billing_read,     Scope::operator_read, Scope::operator_support,
    Scope::operator_finance, Scope::operator_admin};

}  // namespace

std::string make_api_key(base::Random& random) {
  std::array<std::byte, kKeyBytes> bytes{};
  random.fill(bytes);
  std::string key(kKeyPrefix);
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const auto byte : bytes) {
    buffer = (buffer << 8U) | std::to_integer<std::uint32_t>(byte);
    for (bits += 8; bits >= 5;) {
      bits -= 5;
      key += kKeyDigits[(buffer >> bits) & 31U];
    }
  }
  return key;
}

bool is_api_key(std::string_view text) {
  if (!text.starts_with(kKeyPrefix)) return false;
  text.remove_prefix(kKeyPrefix.size());
  return text.size() == kKeyDigitCount &&
         std::ranges::all_of(text, [](char c) { return kKeyDigits.contains(c); });
}

std::string api_key_hint(std::string_view key) {
  return std::string(key.substr(0, kKeyPrefix.size() + 4));
}

std::optional<Scopes> parse_key_scope(std::string_view name) {
  if (name == "admin:*")
    return Scopes{Scope::operator_read, Scope::operator_support, Scope::operator_finance,
                  Scope::operator_admin};
  for (const auto scope : kKeyScopes)
    if (http::scope_name(scope) == name) return Scopes{scope};
  return std::nullopt;
}

std::vector<std::string_view> key_scope_names(Scopes scopes) {
  std::vector<std::string_view> names;
  for (const auto scope : kKeyScopes)
    if (scopes.has(scope)) names.push_back(http::scope_name(scope));
  return names;
}

}  // namespace identity
