#include "features/identity/recovery_service.hpp"

#include "features/identity/account_store.hpp"
#include "features/identity/email.hpp"
#include "features/identity/email_changes.hpp"
#include "features/identity/invalid_field.hpp"
#include "features/identity/letters.hpp"
#include "features/identity/one_time_tokens.hpp"
#include "features/identity/password_rules.hpp"
#include "features/identity/session_store.hpp"
#include "features/identity/without_value.hpp"

namespace identity {
namespace {

using base::ErrorCode;

constexpr std::chrono::hours kResetLife{1};

std::unexpected<base::Error> spent_token() {
  return base::fail(ErrorCode::gone, "token_used",
                    "This link was used before or is too old. Please ask for a new one.");
}

base::Result<bool> forgot_in(sql::OperatorTx& tx, IdentityParts& parts, const std::string& folded,
                             base::Instant now) {
  const auto user = find_user_by_email(tx, folded);
  std::optional<OneTimeToken> token;
  if (user) token = OneTimeToken{.user = user->view.id, .email = user->view.email};
  const auto secret =
      make_one_time_token(tx, parts.random, TokenPurpose::reset_password, token, now + kResetLife);
  if (user)
    parts.hooks.queue_mail(tx, reset_letter(user->view.email, parts.options.public_url, secret),
                           now);
  return true;
}

base::Result<base::UserId> reset_in(sql::OperatorTx& tx, IdentityParts& parts,
                                    const std::string& token, const std::string& hash,
                                    base::Instant now) {
  const auto found = take_one_time_token(tx, TokenPurpose::reset_password, token, now);
  if (!found) return spent_token();
  change_password_hash(tx, found->user, hash);
  set_email_verified(tx, found->user);
  end_sessions(tx, found->user);
  remove_one_time_tokens(tx, found->user);
  remove_email_change(tx, found->user);
  parts.audit.append(tx, {.at = now,
                          .actor = found->user.text(),
                          .action = "password_reset",
                          .target = found->user.text()});
  return found->user;
}

base::Result<EmailConfirmed> confirm_in(sql::OperatorTx& tx, IdentityParts& parts,
                                        const std::string& token, base::Instant now) {
  const auto change = confirm_email_change(tx, token, now);
  const auto user = change ? find_user(tx, change->user) : std::nullopt;
  const auto email = change ? parse_email(change->email) : std::unexpected(std::string{});
  if (!user || !email) return spent_token();
  if (change->waits_for_new) return EmailConfirmed::waits_for_new;
  if (change->waits_for_old) return EmailConfirmed::waits_for_old;
  if (find_user_by_email(tx, email->folded))
    return base::fail(ErrorCode::conflict, "conflict",
                      "Another account took this address in the meantime.");
  change_email(tx, change->user, email->shown, email->folded);
  parts.audit.append(tx, {.at = now,
                          .actor = change->user.text(),
                          .action = "email_changed",
                          .target = change->user.text()});
  if (parts.hooks.queue_mail)
    parts.hooks.queue_mail(tx, changed_letter(user->view.email, email->shown), now);
  return EmailConfirmed::changed;
}

}  // namespace

std::unexpected<base::Error> mail_is_off() {
  return base::fail(ErrorCode::conflict, "mail_off",
                    "This server sends no mail. Ask its operator for help.");
}

base::Task<base::Result<void>> RecoveryService::verify_email(std::string token) {
  const auto now = parts_.clock.now();
  auto verified =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        const auto found = take_one_time_token(tx, TokenPurpose::verify_email, token, now);
        if (!found) return spent_token();
        set_email_verified(tx, found->user);
        return true;
      });
  co_return without_value(std::move(verified));
}

base::Task<base::Result<void>> RecoveryService::forgot_password(std::string email) {
  if (!parts_.hooks.queue_mail) co_return mail_is_off();
  const auto parsed = parse_email(email);
  if (!parsed) co_return invalid_field("email", parsed.error());
  const auto now = parts_.clock.now();
  auto asked = co_await parts_.database.write_operator<bool>(
      [&](sql::OperatorTx& tx) { return forgot_in(tx, parts_, parsed->folded, now); });
  co_return without_value(std::move(asked));
}

base::Task<base::Result<void>> RecoveryService::reset_password(std::string token,
                                                               std::string password) {
  if (auto fault = password_fault(password)) co_return invalid_field("password", std::move(*fault));
  const auto hash = co_await parts_.passwords.hash(std::move(password));
  if (!hash) co_return std::unexpected(hash.error());
  const auto now = parts_.clock.now();
  const auto user = co_await parts_.database.write_operator<base::UserId>(
      [&](sql::OperatorTx& tx) { return reset_in(tx, parts_, token, *hash, now); });
  if (!user) co_return std::unexpected(user.error());
  parts_.cache.revoke_user(*user);
  co_return base::Result<void>{};
}

base::Task<base::Result<EmailConfirmed>> RecoveryService::confirm_email(std::string token) {
  const auto now = parts_.clock.now();
  auto confirmed = co_await parts_.database.write_operator<EmailConfirmed>(
      [&](sql::OperatorTx& tx) { return confirm_in(tx, parts_, token, now); });
  co_return confirmed;
}

}  // namespace identity
