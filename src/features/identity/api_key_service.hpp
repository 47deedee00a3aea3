// API keys of an account: made by a person, shown once, limited to what that person may do at the
// time of each use.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "features/identity/api_key_store.hpp"
#include "features/identity/identity_parts.hpp"

namespace identity {

struct KeyDraft {
  std::string name;
  http::Scopes scopes;
  std::optional<base::Instant> expires_at;
};

struct MadeKey {
  ApiKey key;
  std::string secret;  // exists only here and at the client
};

class ApiKeyService {
 public:
  explicit ApiKeyService(IdentityParts& parts) : parts_(parts) {}

  static constexpr std::int64_t kMaxKeys = 100;  // of one account
  static constexpr std::chrono::hours kLongestOverlap{24 * 30};

  // `forbidden` when the caller does not hold a scope itself; `conflict` at kMaxKeys.
  base::Task<base::Result<MadeKey>> make(http::Caller caller, KeyDraft draft);
  base::Task<base::Result<std::vector<ApiKey>>> list(base::AccountId account,
                                                     std::optional<base::KeyId> before, int limit);
  // A new secret with the same name, scopes and end; the old one works for `overlap` more.
  base::Task<base::Result<MadeKey>> rotate(http::Caller caller, base::KeyId key,
                                           std::chrono::seconds overlap);
  // Stops working at once. `not_found` when it is another account's.
  base::Task<base::Result<void>> remove(http::Caller caller, base::KeyId key);

  // For the command line: a key of the account's owner.
  base::Task<base::Result<MadeKey>> make_for_owner(base::AccountId account, KeyDraft draft);

 private:
  IdentityParts& parts_;
};

}  // namespace identity
