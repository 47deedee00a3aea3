// The claim rules: times for every token, then those of our own or of the external (Supabase)
// issuer. Pure; `now` is passed in. user_metadata is never read, because the user writes it; of
// app_metadata, which the issuer's server writes, only `accounts`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "features/identity/identity_options.hpp"
#include "features/identity/roles.hpp"

namespace identity {

// A token of ours names a session; user, account and role come from the store.
struct OwnClaims {
  base::SessionId session;
  base::Instant expires_at;
};

// A team account that the token's issuer says the user belongs to.
struct ClaimedAccount {
  std::string id;  // uuid in lower case
  Role role = Role::member;
  auto operator<=>(const ClaimedAccount&) const = default;
};

struct ExternalClaims {
  std::string subject;     // uuid in lower case
  std::string email;       // may be empty
  std::string session_id;  // may be empty
  bool anonymous = false;
  std::vector<ClaimedAccount> accounts;  // by id, each once
  base::Instant expires_at;
};

// In lower case; nullopt when `text` is no uuid.
[[nodiscard]] std::optional<std::string> parse_uuid(std::string_view text);

constexpr const char* kOwnAudience = "redline";

// `unauthenticated` with token_expired when only the time is wrong, token_invalid for all else.
[[nodiscard]] base::Result<OwnClaims> read_own_claims(const boost::json::object& claims,
                                                      const std::string& issuer, base::Instant now);
[[nodiscard]] base::Result<ExternalClaims> read_external_claims(const boost::json::object& claims,
                                                                const ExternalTokens& rules,
                                                                std::chrono::seconds skew,
                                                                base::Instant now);

}  // namespace identity
