// SQL over API keys. Secrets come as hashes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "features/identity/roles.hpp"
#include "sql/database.hpp"

namespace identity {

struct ApiKey {
  base::KeyId id;
  base::AccountId account;
  base::UserId user;
  std::string name;
  std::string hint;
  http::Scopes scopes;
  base::Instant created_at;
  std::optional<base::Instant> expires_at;
  std::optional<base::Instant> last_used_at{};
  std::optional<base::KeyId> replaced_by{};
};

// A key with what its maker may do now: the role in the key's account may be gone.
struct KeyHolder {
  ApiKey key;
  std::optional<Role> role;
  OperatorRole operator_role = OperatorRole::none;
  std::string plan;
};

void insert_key(sql::OperatorTx& tx, const ApiKey& key, std::string_view secret_hash);
[[nodiscard]] std::optional<KeyHolder> find_key_by_hash(sql::OperatorTx& tx,
                                                        std::string_view secret_hash);
[[nodiscard]] std::optional<ApiKey> find_key(sql::OperatorTx& tx, base::KeyId id);
// Newest first, older than `before`.
[[nodiscard]] std::vector<ApiKey> keys_of(sql::OperatorTx& tx, base::AccountId account,
                                          std::optional<base::KeyId> before, int limit);
[[nodiscard]] std::int64_t count_keys(sql::OperatorTx& tx, base::AccountId account);
void replace_key(sql::OperatorTx& tx, base::KeyId old, base::KeyId by, base::Instant ends_at);
bool remove_key(sql::OperatorTx& tx, base::KeyId id);
void remove_keys_of(sql::OperatorTx& tx, base::UserId user);
void touch_key(sql::OperatorTx& tx, base::KeyId id, base::Instant now);

}  // namespace identity
