#include "features/identity/api_key_service.hpp"

#include "features/identity/account_store.hpp"
#include "features/identity/api_key.hpp"
#include "features/identity/audit_store.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/without_value.hpp"

namespace identity {
namespace {

using base::ErrorCode;

std::unexpected<base::Error> no_such_key() {
  return base::fail(ErrorCode::not_found, "not_found", "There is no such key.");
}

struct KeyOwner {
  base::AccountId account;
  base::UserId user;
};

base::Result<MadeKey> make_in(sql::OperatorTx& tx, IdentityParts& parts, const KeyOwner& owner,
                              const KeyDraft& draft, base::Instant now) {
  if (count_keys(tx, owner.account) >= ApiKeyService::kMaxKeys)
    return base::fail(ErrorCode::conflict, "conflict",
                      "This account has as many keys as it can. Delete one first.");
  auto secret = make_api_key(parts.random);
  ApiKey key{.id = base::KeyId::make(now, parts.random),
             .account = owner.account,
             .user = owner.user,
             .name = draft.name,
             .hint = api_key_hint(secret),
             .scopes = draft.scopes,
             .created_at = now,
             .expires_at = draft.expires_at};
  insert_key(tx, key, hash_secret(secret));
  parts.audit.append(tx, {.at = now,
                          .actor = owner.user.text(),
                          .action = "key_made",
                          .account = owner.account.text(),
                          .target = key.id.text()});
  return MadeKey{.key = std::move(key), .secret = std::move(secret)};
}

base::Result<MadeKey> rotate_in(sql::OperatorTx& tx, IdentityParts& parts,
                                const http::Caller& caller, base::KeyId id, base::Instant ends_at,
                                base::Instant now) {
  const auto old = find_key(tx, id);
  if (!old || old->account != caller.account) return no_such_key();
  if (old->replaced_by)
    return base::fail(ErrorCode::conflict, "conflict", "This key was rotated already.");
  if ((old->scopes & caller.scopes) != old->scopes)
    return base::fail(ErrorCode::forbidden, "forbidden",
                      "This key may do more than you. Ask the account's owner.");
  RL_TRY(auto made,
         make_in(tx, parts, {.account = caller.account, .user = caller.user},
                 {.name = old->name, .scopes = old->scopes, .expires_at = old->expires_at}, now));
  replace_key(tx, id, made.key.id, ends_at);
  return made;
}

}  // namespace

base::Task<base::Result<MadeKey>> ApiKeyService::make(http::Caller caller, KeyDraft draft) {
  if ((draft.scopes & caller.scopes) != draft.scopes)
    co_return base::fail(ErrorCode::forbidden, "forbidden",
                         "A key cannot do what you cannot do yourself.");
  const auto now = parts_.clock.now();
  auto made = co_await parts_.database.write_operator<MadeKey>([&](sql::OperatorTx& tx) {
    return make_in(tx, parts_, {.account = caller.account, .user = caller.user}, draft, now);
  });
  co_return made;
}

base::Task<base::Result<MadeKey>> ApiKeyService::make_for_owner(base::AccountId account,
                                                                KeyDraft draft) {
  const auto now = parts_.clock.now();
  auto made = co_await parts_.database.write_operator<MadeKey>(
      [&](sql::OperatorTx& tx) -> base::Result<MadeKey> {
        const auto owner = find_owner(tx, account);
        if (!owner)
          return base::fail(ErrorCode::not_found, "not_found", "There is no such account.");
        return make_in(tx, parts_, {.account = account, .user = *owner}, draft, now);
      });
  co_return made;
}

base::Task<base::Result<std::vector<ApiKey>>> ApiKeyService::list(base::AccountId account,
                                                                  std::optional<base::KeyId> before,
                                                                  int limit) {
  auto keys = co_await parts_.database.read_operator<std::vector<ApiKey>>(
      [&](sql::OperatorTx& tx) -> base::Result<std::vector<ApiKey>> {
        return keys_of(tx, account, before, limit);
      });
  co_return keys;
}

base::Task<base::Result<MadeKey>> ApiKeyService::rotate(http::Caller caller, base::KeyId key,
                                                        std::chrono::seconds overlap) {
  const auto now = parts_.clock.now();
  auto made = co_await parts_.database.write_operator<MadeKey>(
      [&](sql::OperatorTx& tx) { return rotate_in(tx, parts_, caller, key, now + overlap, now); });
  // What is cached of the old key ends later than it should now.
  if (made) parts_.cache.revoke_key(key);
  co_return made;
}

base::Task<base::Result<void>> ApiKeyService::remove(http::Caller caller, base::KeyId key) {
  const auto now = parts_.clock.now();
  auto removed =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        const auto found = find_key(tx, key);
        if (!found || found->account != caller.account) return no_such_key();
        parts_.audit.append(tx, {.at = now,
                                 .actor = caller.user.text(),
                                 .action = "key_removed",
                                 .account = caller.account.text(),
                                 .target = key.text()});
        return remove_key(tx, key);
      });
  if (removed) parts_.cache.revoke_key(key);
  co_return without_value(std::move(removed));
}

}  // namespace identity
