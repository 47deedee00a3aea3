#include "features/identity/one_time_tokens.hpp"

#include "features/identity/secret_token.hpp"

namespace identity {
namespace {

std::string_view purpose_name(TokenPurpose purpose) {
  switch (purpose) {
    case TokenPurpose::verify_email:
      return "verify_email";
    case TokenPurpose::reset_password:
      return "reset_password";
  }
  return "";
}

void forget(sql::OperatorTx& tx, base::UserId user, TokenPurpose purpose) {
  tx.prepare("DELETE FROM one_time_tokens WHERE user_id = $1 AND purpose = $2")
      .bind(1, user.text())
      .bind(2, purpose_name(purpose))
      .run();
}

}  // namespace

std::string make_one_time_token(sql::OperatorTx& tx, base::Random& random, TokenPurpose purpose,
                                const std::optional<OneTimeToken>& token,
                                base::Instant expires_at) {
  auto secret = make_secret(random);
  auto insert = tx.prepare(
      "INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, expires_at)"
      " VALUES ($1, $2, $3, $4, $5)");
  insert.bind(1, hash_secret(secret)).bind(2, purpose_name(purpose));
  if (token) {
    // An address may be confirmed by whichever of its mails comes first.
    if (purpose != TokenPurpose::verify_email) forget(tx, token->user, purpose);
    insert.bind(3, token->user.text()).bind(4, token->email);
  } else {
    insert.bind(3, std::nullopt).bind(4, "");
  }
  insert.bind(5, base::to_micros(expires_at)).run();
  return secret;
}

std::optional<OneTimeToken> take_one_time_token(sql::OperatorTx& tx, TokenPurpose purpose,
                                                std::string_view token, base::Instant now) {
  const auto hash = hash_secret(token);
  auto select = tx.prepare(
      "SELECT user_id, email FROM one_time_tokens WHERE token_hash = $1 AND purpose = $2"
      " AND user_id IS NOT NULL AND expires_at > $3");
  select.bind(1, hash).bind(2, purpose_name(purpose)).bind(3, base::to_micros(now));
  if (!select.step()) return std::nullopt;
  const auto user = base::UserId::parse(select.text(0));
  if (!user) return std::nullopt;
  OneTimeToken found{.user = *user, .email = std::string(select.text(1))};
  forget(tx, *user, purpose);
  return found;
}

void remove_one_time_tokens(sql::OperatorTx& tx, base::UserId user) {
  tx.prepare("DELETE FROM one_time_tokens WHERE user_id = $1").bind(1, user.text()).run();
}

std::int64_t remove_expired_tokens(sql::OperatorTx& tx, base::Instant now) {
  return tx.prepare("DELETE FROM one_time_tokens WHERE expires_at <= $1")
      .bind(1, base::to_micros(now))
      .run();
}

}  // namespace identity
