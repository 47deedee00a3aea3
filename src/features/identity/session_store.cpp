#include "features/identity/session_store.hpp"

#include "base/check.hpp"
#include "features/identity/account_store.hpp"

namespace identity {
namespace {

std::optional<SessionRow> one_session(std::string_view condition, sql::OperatorTx& tx,
                                      std::string_view key) {
  auto select = tx.prepare(
      "SELECT s.id, s.user_id, s.account_id, u.operator_role, s.expires_at FROM sessions s"
      " JOIN users u ON u.id = s.user_id WHERE " +
      std::string(condition));
  select.bind(1, key);
  if (!select.step()) return std::nullopt;
  const auto id = base::SessionId::parse(select.text(0));
  const auto user = base::UserId::parse(select.text(1));
  const auto account = base::AccountId::parse(select.text(2));
  RL_CHECK(id && user && account, "a session's ids are ids");
  return SessionRow{.id = *id,
                    .user = *user,
                    .account = *account,
                    .operator_role = operator_role_at(select, 3),
                    .expires_at = base::from_micros(select.integer(4))};
}

}  // namespace

void insert_session(sql::OperatorTx& tx, const NewSession& session) {
  auto insert = tx.prepare(
      "INSERT INTO sessions (id, user_id, account_id, token_hash, created_at, expires_at, address,"
      " agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
  insert.bind(1, session.id.text()).bind(2, session.user.text()).bind(3, session.account.text());
  insert.bind(4, session.token_hash).bind(5, base::to_micros(session.created_at));
  insert.bind(6, base::to_micros(session.expires_at));
  insert.bind(7, session.address).bind(8, session.agent).run();
}

std::optional<SessionRow> find_session(sql::OperatorTx& tx, base::SessionId id) {
  return one_session("s.id = $1", tx, id.text());
}

std::optional<SessionRow> find_session_by_token(sql::OperatorTx& tx, std::string_view token_hash) {
  return one_session("s.token_hash = $1", tx, token_hash);
}

bool end_session(sql::OperatorTx& tx, base::SessionId id) {
  tx.prepare("DELETE FROM refresh_tokens WHERE session_id = $1").bind(1, id.text()).run();
  return tx.prepare("DELETE FROM sessions WHERE id = $1").bind(1, id.text()).run() == 1;
}

void end_sessions(sql::OperatorTx& tx, base::UserId user) {
  tx.prepare(
        "DELETE FROM refresh_tokens WHERE session_id IN"
        " (SELECT id FROM sessions WHERE user_id = $1)")
      .bind(1, user.text())
      .run();
  tx.prepare("DELETE FROM sessions WHERE user_id = $1").bind(1, user.text()).run();
}

void end_other_sessions(sql::OperatorTx& tx, base::UserId user, base::SessionId but) {
  const auto keep = but.empty() ? std::string{} : but.text();
  tx.prepare(
        "DELETE FROM refresh_tokens WHERE session_id IN"
        " (SELECT id FROM sessions WHERE user_id = $1 AND id <> $2)")
      .bind(1, user.text())
      .bind(2, keep)
      .run();
  tx.prepare("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
      .bind(1, user.text())
      .bind(2, keep)
      .run();
}

std::vector<SessionEntry> sessions_of(sql::OperatorTx& tx, base::UserId user, base::Instant now) {
  auto select = tx.prepare(
      "SELECT id, account_id, created_at, expires_at, last_seen_at, address, agent FROM sessions"
      " WHERE user_id = $1 AND expires_at > $2 ORDER BY id DESC LIMIT 200");
  select.bind(1, user.text()).bind(2, base::to_micros(now));
  std::vector<SessionEntry> sessions;
  while (select.step()) {
    const auto id = base::SessionId::parse(select.text(0));
    const auto account = base::AccountId::parse(select.text(1));
    RL_CHECK(id && account, "a session's ids are ids");
    sessions.push_back({.id = *id,
                        .account = *account,
                        .created_at = base::from_micros(select.integer(2)),
                        .expires_at = base::from_micros(select.integer(3)),
                        .last_seen_at = select.is_null(4)
                                            ? std::nullopt
                                            : std::optional{base::from_micros(select.integer(4))},
                        .address = std::string(select.text(5)),
                        .agent = std::string(select.text(6))});
  }
  return sessions;
}

void touch_session(sql::OperatorTx& tx, base::SessionId id, base::Instant now) {
  tx.prepare("UPDATE sessions SET last_seen_at = $2 WHERE id = $1")
      .bind(1, id.text())
      .bind(2, base::to_micros(now))
      .run();
}

void insert_refresh_token(sql::OperatorTx& tx, std::string_view token_hash, base::SessionId session,
                          base::Instant now) {
  auto insert = tx.prepare(
      "INSERT INTO refresh_tokens (token_hash, session_id, created_at) VALUES ($1, $2, $3)");
  insert.bind(1, token_hash).bind(2, session.text()).bind(3, base::to_micros(now)).run();
}

std::optional<base::SessionId> find_refresh_token(sql::OperatorTx& tx,
                                                  std::string_view token_hash) {
  auto select = tx.prepare("SELECT session_id FROM refresh_tokens WHERE token_hash = $1");
  select.bind(1, token_hash);
  if (!select.step()) return std::nullopt;
  return base::SessionId::parse(select.text(0));
}

bool use_refresh_token(sql::OperatorTx& tx, std::string_view token_hash, base::Instant now) {
  auto update = tx.prepare(
      "UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL");
  return update.bind(1, token_hash).bind(2, base::to_micros(now)).run() == 1;
}

void deny_external(sql::OperatorTx& tx, std::string_view session_key, base::Instant until) {
  auto insert = tx.prepare(
      "INSERT INTO denied_sessions (external_session, expires_at) VALUES ($1, $2)"
      " ON CONFLICT DO NOTHING");
  insert.bind(1, session_key).bind(2, base::to_micros(until)).run();
}

bool is_denied(sql::OperatorTx& tx, std::string_view session_key) {
  auto select = tx.prepare("SELECT 1 FROM denied_sessions WHERE external_session = $1");
  return select.bind(1, session_key).step();
}

std::int64_t delete_expired(sql::OperatorTx& tx, base::Instant now) {
  const auto at = base::to_micros(now);
  std::int64_t rows = 0;
  rows += tx.prepare(
                "DELETE FROM refresh_tokens WHERE session_id IN"
                " (SELECT id FROM sessions WHERE expires_at <= $1)")
              .bind(1, at)
              .run();
  rows += tx.prepare("DELETE FROM sessions WHERE expires_at <= $1").bind(1, at).run();
  rows += tx.prepare("DELETE FROM denied_sessions WHERE expires_at <= $1").bind(1, at).run();
  return rows;
}

}  // namespace identity
