#include "features/identity/forget_user.hpp"

#include "features/identity/account_store.hpp"
#include "features/identity/api_key_store.hpp"
#include "features/identity/email_changes.hpp"
#include "features/identity/one_time_tokens.hpp"
#include "features/identity/second_factor_store.hpp"
#include "features/identity/session_store.hpp"

namespace identity {
namespace {

std::int64_t count_of(sql::OperatorTx& tx, std::string_view text, base::AccountId account,
                      base::UserId user) {
  auto select = tx.prepare(text);
  return select.bind(1, account.text()).bind(2, user.text()).step() ? select.integer(0) : 0;
}

std::int64_t others(sql::OperatorTx& tx, base::AccountId account, base::UserId user) {
  return count_of(tx, "SELECT count(*) FROM memberships WHERE account_id = $1 AND user_id <> $2",
                  account, user);
}

std::int64_t other_owners(sql::OperatorTx& tx, base::AccountId account, base::UserId user) {
  return count_of(tx,
                  "SELECT count(*) FROM memberships WHERE account_id = $1 AND user_id <> $2"
                  " AND role = 'owner'",
                  account, user);
}

void remember_trial(sql::OperatorTx& tx, const SealKey& key, base::UserId user) {
  auto select = tx.prepare("SELECT coalesce(email_folded, external_id) FROM users WHERE id = $1");
  if (!select.bind(1, user.text()).step() || select.is_null(0)) return;
  const auto mark = keyed_mark(key, select.text(0));
  tx.prepare("INSERT INTO past_trials (mark) VALUES ($1) ON CONFLICT DO NOTHING")
      .bind(1, mark)
      .run();
}

void blank_user(sql::OperatorTx& tx, base::UserId user, base::Instant now) {
  tx.prepare(
        "UPDATE users SET email = '', email_folded = NULL, email_verified = 0,"
        " password_hash = NULL, role = 'user', operator_role = NULL, provider = NULL,"
        " external_id = NULL, second_factor = NULL, second_factor_pending = NULL, deleted_at = $2"
        " WHERE id = $1")
      .bind(1, user.text())
      .bind(2, base::to_micros(now))
      .run();
}

}  // namespace

base::Result<std::vector<base::AccountId>> forget_user(sql::OperatorTx& tx, const SealKey& key,
                                                       base::UserId user, base::Instant now) {
  const auto accounts = accounts_of(tx, user);
  for (const auto& account : accounts)
    if (account.role == Role::owner && others(tx, account.id, user) > 0 &&
        other_owners(tx, account.id, user) == 0)
      return base::fail(base::ErrorCode::conflict, "conflict",
                        "You are the only owner of a team. Make somebody else an owner first.");
  remember_trial(tx, key, user);
  std::vector<base::AccountId> emptied;
  for (const auto& account : accounts) {
    if (others(tx, account.id, user) == 0) {
      emptied.push_back(account.id);
      tx.prepare("UPDATE accounts SET external_id = NULL, name = '' WHERE id = $1")
          .bind(1, account.id.text())
          .run();
    }
    remove_seat(tx, account.id, user);
  }
  end_sessions(tx, user);
  remove_keys_of(tx, user);
  remove_one_time_tokens(tx, user);
  remove_email_change(tx, user);
  put_recovery_codes(tx, user, {});
  blank_user(tx, user, now);
  return emptied;
}

bool had_trial(sql::OperatorTx& tx, std::string_view mark) {
  auto select = tx.prepare("SELECT 1 FROM past_trials WHERE mark = $1");
  return select.bind(1, mark).step();
}

}  // namespace identity
