#include "features/identity/api_key_store.hpp"

#include "base/check.hpp"
#include "features/identity/account_store.hpp"

namespace identity {
namespace {

constexpr std::string_view kKeyColumns =
    "SELECT k.id, k.account_id, k.user_id, k.name, k.hint, k.scopes, k.created_at, k.expires_at,"
    " k.last_used_at, k.replaced_by";

std::optional<base::Instant> instant_at(const sql::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

ApiKey key_at(const sql::Statement& row) {
  const auto id = base::KeyId::parse(row.text(0));
  const auto account = base::AccountId::parse(row.text(1));
  const auto user = base::UserId::parse(row.text(2));
  RL_CHECK(id && account && user, "a key's ids are ids");
  return {.id = *id,
          .account = *account,
          .user = *user,
          .name = std::string(row.text(3)),
          .hint = std::string(row.text(4)),
          .scopes = http::Scopes::of_bits(static_cast<unsigned>(row.integer(5))),
          .created_at = base::from_micros(row.integer(6)),
          .expires_at = instant_at(row, 7),
          .last_used_at = instant_at(row, 8),
          .replaced_by = row.is_null(9) ? std::nullopt : base::KeyId::parse(row.text(9))};
}

}  // namespace

void insert_key(sql::OperatorTx& tx, const ApiKey& key, std::string_view secret_hash) {
  auto insert = tx.prepare(
      "INSERT INTO api_keys (id, account_id, user_id, name, hint, secret_hash, scopes, created_at,"
      " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
  insert.bind(1, key.id.text()).bind(2, key.account.text()).bind(3, key.user.text());
  insert.bind(4, key.name).bind(5, key.hint).bind(6, secret_hash);
  insert.bind(7, std::int64_t{key.scopes.bits()}).bind(8, base::to_micros(key.created_at));
  if (key.expires_at)
    insert.bind(9, base::to_micros(*key.expires_at));
  else
    insert.bind(9, std::nullopt);
  insert.run();
}

std::optional<KeyHolder> find_key_by_hash(sql::OperatorTx& tx, std::string_view secret_hash) {
  auto select = tx.prepare(
      std::string(kKeyColumns) +
      ", m.role, u.operator_role, a.plan FROM api_keys k JOIN users u ON u.id = k.user_id"
      " JOIN accounts a ON a.id = k.account_id LEFT JOIN memberships m"
      " ON m.account_id = k.account_id AND m.user_id = k.user_id WHERE k.secret_hash = $1");
  if (!select.bind(1, secret_hash).step()) return std::nullopt;
  return KeyHolder{.key = key_at(select),
                   .role = select.is_null(10) ? std::nullopt : parse_role(select.text(10)),
                   .operator_role = operator_role_at(select, 11),
                   .plan = std::string(select.text(12))};
}

std::optional<ApiKey> find_key(sql::OperatorTx& tx, base::KeyId id) {
  auto select = tx.prepare(std::string(kKeyColumns) + " FROM api_keys k WHERE k.id = $1");
  if (!select.bind(1, id.text()).step()) return std::nullopt;
  return key_at(select);
}

std::vector<ApiKey> keys_of(sql::OperatorTx& tx, base::AccountId account,
                            std::optional<base::KeyId> before, int limit) {
  auto select = tx.prepare(std::string(kKeyColumns) +
                           " FROM api_keys k WHERE k.account_id = $1 AND ($2 = '' OR k.id < $2)"
                           " ORDER BY k.id DESC LIMIT $3");
  const auto from = before ? before->text() : std::string{};
  select.bind(1, account.text()).bind(2, from).bind(3, std::int64_t{limit});
  std::vector<ApiKey> keys;
  while (select.step()) keys.push_back(key_at(select));
  return keys;
}

std::int64_t count_keys(sql::OperatorTx& tx, base::AccountId account) {
  auto select = tx.prepare("SELECT count(*) FROM api_keys WHERE account_id = $1");
  return select.bind(1, account.text()).step() ? select.integer(0) : 0;
}

void replace_key(sql::OperatorTx& tx, base::KeyId old, base::KeyId by, base::Instant ends_at) {
  tx.prepare(
        "UPDATE api_keys SET replaced_by = $2, expires_at = CASE WHEN expires_at IS NULL"
        " OR expires_at > $3 THEN $3 ELSE expires_at END WHERE id = $1")
      .bind(1, old.text())
      .bind(2, by.text())
      .bind(3, base::to_micros(ends_at))
      .run();
}

bool remove_key(sql::OperatorTx& tx, base::KeyId id) {
  tx.prepare("UPDATE api_keys SET replaced_by = NULL WHERE replaced_by = $1")
      .bind(1, id.text())
      .run();
  return tx.prepare("DELETE FROM api_keys WHERE id = $1").bind(1, id.text()).run() == 1;
}

void remove_keys_of(sql::OperatorTx& tx, base::UserId user) {
  tx.prepare(
        "UPDATE api_keys SET replaced_by = NULL WHERE replaced_by IN"
        " (SELECT id FROM api_keys WHERE user_id = $1)")
      .bind(1, user.text())
      .run();
  tx.prepare("DELETE FROM api_keys WHERE user_id = $1").bind(1, user.text()).run();
}

void touch_key(sql::OperatorTx& tx, base::KeyId id, base::Instant now) {
  tx.prepare("UPDATE api_keys SET last_used_at = $2 WHERE id = $1")
      .bind(1, id.text())
      .bind(2, base::to_micros(now))
      .run();
}

}  // namespace identity
