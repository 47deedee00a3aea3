// What IdentityService and Authenticator share. Made by IdentityService::open().
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "features/identity/audit_trail.hpp"
#include "features/identity/identity_options.hpp"
#include "features/identity/jwks_source.hpp"
#include "features/identity/jwt_issuer.hpp"
#include "features/identity/jwt_keys.hpp"
#include "features/identity/last_use.hpp"
#include "features/identity/login_throttle.hpp"
#include "features/identity/password_pool.hpp"
#include "features/identity/sealed.hpp"
#include "features/identity/token_cache.hpp"
#include "sql/database.hpp"

namespace identity {

struct IdentityParts {
  IdentityOptions options;
  IdentityHooks hooks;
  sql::Database& database;
  const base::Clock& clock;
  base::Random& random;
  base::Log& log;
  TokenIssuer issuer;
  KeyRing keys;  // ours, then one per HS256 secret, then the static set
  std::string jwks;
  SealKey seal_key;
  std::unique_ptr<JwksSource> key_source;  // null: no URL
  TokenCache cache{random};
  LoginThrottle throttle{};
  // The same account from any address: far more tries, so that a stranger can hardly lock it.
  LoginThrottle account_throttle{50'000, 100};
  LastUse last_use{};
  AuditTrail audit{database, clock, seal_key};
  PasswordPool passwords{options.password_cost, random};

  // Index into options.plans; an id that the configuration no longer has counts as the first.
  [[nodiscard]] std::uint16_t plan_index(std::string_view plan) const;
};

}  // namespace identity
