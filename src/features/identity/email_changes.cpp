#include "features/identity/email_changes.hpp"

#include "features/identity/secret_token.hpp"

namespace identity {

EmailChangeTokens put_email_change(sql::OperatorTx& tx, base::Random& random, base::UserId user,
                                   std::string_view email, AskOldAddress ask,
                                   base::Instant expires_at) {
  remove_email_change(tx, user);
  EmailChangeTokens tokens{.for_new = make_secret(random), .for_old = std::nullopt};
  if (ask == AskOldAddress::yes) tokens.for_old = make_secret(random);
  auto insert = tx.prepare(
      "INSERT INTO email_changes (user_id, email, new_token_hash, old_token_hash, expires_at)"
      " VALUES ($1, $2, $3, $4, $5)");
  insert.bind(1, user.text()).bind(2, email).bind(3, hash_secret(tokens.for_new));
  if (tokens.for_old)
    insert.bind(4, hash_secret(*tokens.for_old));
  else
    insert.bind(4, std::nullopt);
  insert.bind(5, base::to_micros(expires_at)).run();
  return tokens;
}

std::optional<EmailChange> confirm_email_change(sql::OperatorTx& tx, std::string_view token,
                                                base::Instant now) {
  const auto hash = hash_secret(token);
  auto select = tx.prepare(
      "SELECT user_id, email, new_token_hash, old_token_hash FROM email_changes"
      " WHERE (new_token_hash = $1 OR old_token_hash = $1) AND expires_at > $2");
  select.bind(1, hash).bind(2, base::to_micros(now));
  if (!select.step()) return std::nullopt;
  const auto user = base::UserId::parse(select.text(0));
  if (!user) return std::nullopt;
  const auto waits = [&](int column) {
    return !select.is_null(column) && select.text(column) != hash;
  };
  EmailChange change{.user = *user,
                     .email = std::string(select.text(1)),
                     .waits_for_new = waits(2),
                     .waits_for_old = waits(3)};
  if (!change.waits_for_new && !change.waits_for_old) {
    remove_email_change(tx, *user);
  } else {
    const std::string column = change.waits_for_new ? "old_token_hash" : "new_token_hash";
    tx.prepare("UPDATE email_changes SET " + column + " = NULL WHERE user_id = $1")
        .bind(1, user->text())
        .run();
  }
  return change;
}

void remove_email_change(sql::OperatorTx& tx, base::UserId user) {
  tx.prepare("DELETE FROM email_changes WHERE user_id = $1").bind(1, user.text()).run();
}

std::int64_t remove_expired_changes(sql::OperatorTx& tx, base::Instant now) {
  return tx.prepare("DELETE FROM email_changes WHERE expires_at <= $1")
      .bind(1, base::to_micros(now))
      .run();
}

}  // namespace identity
