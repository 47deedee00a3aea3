// SQL over sessions, refresh tokens and denied external sessions. Secrets come as hashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "features/identity/roles.hpp"
#include "sql/database.hpp"

namespace identity {

struct NewSession {
  base::SessionId id;
  base::UserId user;
  base::AccountId account;
  std::optional<std::string> token_hash;
  base::Instant created_at;
  base::Instant expires_at;
  std::string address{};  // of the sign-in
  std::string agent{};    // User-Agent, cut
};

// What a person sees of a session.
struct SessionEntry {
  base::SessionId id;
  base::AccountId account;
  base::Instant created_at;
  base::Instant expires_at;
  std::optional<base::Instant> last_seen_at;
  std::string address;
  std::string agent;
};

// May be past its end.
struct SessionRow {
  base::SessionId id;
  base::UserId user;
  base::AccountId account;  // what it acts for unless a request names another
  OperatorRole operator_role = OperatorRole::none;
  base::Instant expires_at;
};

void insert_session(sql::OperatorTx& tx, const NewSession& session);
[[nodiscard]] std::optional<SessionRow> find_session(sql::OperatorTx& tx, base::SessionId id);
[[nodiscard]] std::optional<SessionRow> find_session_by_token(sql::OperatorTx& tx,
                                                              std::string_view token_hash);
// With its refresh tokens. False when it had ended before.
bool end_session(sql::OperatorTx& tx, base::SessionId id);

// All of a user's.
void end_sessions(sql::OperatorTx& tx, base::UserId user);
void end_other_sessions(sql::OperatorTx& tx, base::UserId user, base::SessionId but);
// Those that are not past their end, newest first.
[[nodiscard]] std::vector<SessionEntry> sessions_of(sql::OperatorTx& tx, base::UserId user,
                                                    base::Instant now);
void touch_session(sql::OperatorTx& tx, base::SessionId id, base::Instant now);

void insert_refresh_token(sql::OperatorTx& tx, std::string_view token_hash, base::SessionId session,
                          base::Instant now);
// The session of a refresh token, used or not.
[[nodiscard]] std::optional<base::SessionId> find_refresh_token(sql::OperatorTx& tx,
                                                                std::string_view token_hash);
// True for exactly one caller ever.
[[nodiscard]] bool use_refresh_token(sql::OperatorTx& tx, std::string_view token_hash,
                                     base::Instant now);

void deny_external(sql::OperatorTx& tx, std::string_view session_key, base::Instant until);
[[nodiscard]] bool is_denied(sql::OperatorTx& tx, std::string_view session_key);

// Number of rows.
[[nodiscard]] std::int64_t delete_expired(sql::OperatorTx& tx, base::Instant now);

}  // namespace identity
