// Who is asking. Filled by the identity step of the pipeline; handlers trust it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace http {

// What a credential lets its holder do. A route names one; roles and API keys hold several.
enum class Scope : std::uint16_t {
  own = 1U << 0U,  // acts as the person: profile, sessions, keys. No API key has it.
  data_read = 1U << 1U,
  data_write = 1U << 2U,
  query = 1U << 3U,
  billing_read = 1U << 4U,
  billing_write = 1U << 5U,
  team = 1U << 6U,  // members and invitations of the account
  operator_read = 1U << 7U,
  operator_support = 1U << 8U,
  operator_finance = 1U << 9U,
  operator_admin = 1U << 10U,
};

// "data:read", "admin:finance"; as API keys are asked for and routes are listed.
[[nodiscard]] constexpr std::string_view scope_name(Scope scope) {
  switch (scope) {
    case Scope::own:
      return "own";
    case Scope::data_read:
      return "data:read";
    case Scope::data_write:
      return "data:write";
    case Scope::query:
      return "query";
    case Scope::billing_read:
      return "billing:read";
    case Scope::billing_write:
      return "billing:write";
    case Scope::team:
      return "team";
    case Scope::operator_read:
      return "admin:read";
    case Scope::operator_support:
      return "admin:support";
    case Scope::operator_finance:
      return "admin:finance";
    case Scope::operator_admin:
      return "admin:all";
  }
  return "";
}

class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr Scopes(std::initializer_list<Scope> scopes) {
    for (const auto scope : scopes) bits_ |= static_cast<unsigned>(scope);
  }
  [[nodiscard]] static constexpr Scopes of_bits(unsigned bits) {
    Scopes scopes;
    scopes.bits_ = bits;
    return scopes;
  }
  [[nodiscard]] constexpr bool has(Scope scope) const {
    return (bits_ & static_cast<unsigned>(scope)) != 0;
  }
  [[nodiscard]] constexpr unsigned bits() const { return bits_; }
  friend constexpr Scopes operator|(Scopes a, Scopes b) { return of_bits(a.bits_ | b.bits_); }
  friend constexpr Scopes operator&(Scopes a, Scopes b) { return of_bits(a.bits_ & b.bits_); }
  bool operator==(const Scopes&) const = default;

 private:
  unsigned bits_ = 0;
};

enum class Credential : std::uint8_t { none, cookie, bearer, api_key };

struct Caller {
  Credential credential = Credential::none;
  base::UserId user;
  base::AccountId account;  // the account this request acts for; empty when not signed in
  base::SessionId session;  // empty for external tokens and API keys
  base::KeyId key;          // of an API key, else empty
  Scopes scopes;            // what the role in the account, or the key, allows
  bool is_operator = false;
  std::uint16_t plan = 0;  // index into the configured plans
  // The credential is no good from here on: a stream ends then.
  base::Instant expires_at = base::Instant::max();
  [[nodiscard]] bool signed_in() const { return credential != Credential::none; }
};

}  // namespace http
