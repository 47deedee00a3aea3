#include "features/identity/profile_service.hpp"

#include <algorithm>

#include "features/identity/account_store.hpp"
#include "features/identity/email.hpp"
#include "features/identity/email_changes.hpp"
#include "features/identity/forget_user.hpp"
#include "features/identity/invalid_field.hpp"
#include "features/identity/letters.hpp"
#include "features/identity/one_time_tokens.hpp"
#include "features/identity/password_rules.hpp"
#include "features/identity/recovery_service.hpp"
#include "features/identity/without_value.hpp"

namespace identity {
namespace {

using base::ErrorCode;

constexpr std::chrono::hours kChangeLife{24};

// What the security log of a user shows.
AuditEvent event_of(const http::Caller& caller, std::string_view action, base::Instant now) {
  return {.at = now,
          .actor = caller.user.text(),
          .action = std::string(action),
          .account = caller.account.text(),
          .target = caller.user.text()};
}

}  // namespace

base::Task<base::Result<void>> ProfileService::change_password(http::Caller caller, Proof proof,
                                                               std::string password) {
  if (auto fault = password_fault(password)) co_return invalid_field("password", std::move(*fault));
  const auto user = co_await prove_again(parts_, caller.user, std::move(proof));
  if (!user) co_return std::unexpected(user.error());
  const auto hash = co_await parts_.passwords.hash(std::move(password));
  if (!hash) co_return std::unexpected(hash.error());
  const auto now = parts_.clock.now();
  auto changed =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        change_password_hash(tx, caller.user, *hash);
        end_other_sessions(tx, caller.user, caller.session);
        remove_one_time_tokens(tx, caller.user);
        remove_email_change(tx, caller.user);
        parts_.audit.append(tx, event_of(caller, "password_changed", now));
        if (parts_.hooks.queue_mail && !user->email.empty())
          parts_.hooks.queue_mail(tx, password_letter(user->email), now);
        return true;
      });
  if (changed) parts_.cache.revoke_user(caller.user);
  co_return without_value(std::move(changed));
}

base::Task<base::Result<void>> ProfileService::change_email(http::Caller caller, Proof proof,
                                                            std::string email) {
  if (!parts_.hooks.queue_mail) co_return mail_is_off();
  const auto parsed = parse_email(email);
  if (!parsed) co_return invalid_field("email", parsed.error());
  const auto user = co_await prove_again(parts_, caller.user, std::move(proof));
  if (!user) co_return std::unexpected(user.error());
  const auto now = parts_.clock.now();
  auto asked =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        const auto tokens = put_email_change(
            tx, parts_.random, caller.user, parsed->shown,
            user->email_verified ? AskOldAddress::yes : AskOldAddress::no, now + kChangeLife);
        parts_.audit.append(tx, event_of(caller, "email_change_asked", now));
        // An address that is taken gets another letter, and the asker the same answer.
        const auto& url = parts_.options.public_url;
        parts_.hooks.queue_mail(tx,
                                find_user_by_email(tx, parsed->folded)
                                    ? known_address_letter(parsed->shown, url)
                                    : change_letter(parsed->shown, url, tokens.for_new),
                                now);
        if (tokens.for_old)
          parts_.hooks.queue_mail(
              tx, old_address_letter(user->email, parsed->shown, url, *tokens.for_old), now);
        return true;
      });
  co_return without_value(std::move(asked));
}

base::Task<base::Result<std::vector<SessionEntry>>> ProfileService::sessions(http::Caller caller) {
  const auto now = parts_.clock.now();
  auto listed = co_await parts_.database.read_operator<std::vector<SessionEntry>>(
      [&](sql::OperatorTx& tx) -> base::Result<std::vector<SessionEntry>> {
        return sessions_of(tx, caller.user, now);
      });
  co_return listed;
}

base::Task<base::Result<std::vector<AuditEntry>>> ProfileService::security_log(http::Caller caller,
                                                                               AuditFilter filter) {
  RL_CO_TRY_VOID(co_await parts_.audit.flush());
  filter.actor = caller.user.text();
  auto entries = co_await parts_.audit.entries(std::move(filter));
  co_return entries;
}

base::Task<base::Result<void>> ProfileService::end_session(http::Caller caller,
                                                           base::SessionId session) {
  const auto now = parts_.clock.now();
  auto ended =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        const auto found = find_session(tx, session);
        if (!found || found->user != caller.user)
          return base::fail(ErrorCode::not_found, "not_found", "There is no such session.");
        auto event = event_of(caller, "session_ended", now);
        event.target = session.text();
        parts_.audit.append(tx, event);
        return identity::end_session(tx, session);
      });
  if (ended) parts_.cache.revoke_session(parts_.cache.tag_of(session.text()));
  co_return without_value(std::move(ended));
}

base::Task<base::Result<void>> ProfileService::end_all_sessions(http::Caller caller) {
  const auto now = parts_.clock.now();
  auto ended =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        end_sessions(tx, caller.user);
        parts_.audit.append(tx, event_of(caller, "sessions_ended", now));
        return true;
      });
  if (ended) parts_.cache.revoke_user(caller.user);
  co_return without_value(std::move(ended));
}

base::Task<base::Result<void>> ProfileService::delete_user(http::Caller caller, Proof proof) {
  // A user of the application beside us has no password here; the token is the proof.
  const bool external = caller.session.empty();
  if (!external) {
    const auto user = co_await prove_again(parts_, caller.user, std::move(proof));
    if (!user) co_return std::unexpected(user.error());
  }
  const auto now = parts_.clock.now();
  const auto emptied = co_await parts_.database.write_operator<std::vector<base::AccountId>>(
      [&](sql::OperatorTx& tx) {
        auto accounts = forget_user(tx, parts_.seal_key, caller.user, now);
        if (!accounts) return accounts;
        parts_.audit.append(tx, event_of(caller, "user_deleted", now));
        if (parts_.hooks.account_forgotten)
          for (const auto account : *accounts) parts_.hooks.account_forgotten(tx, account);
        return accounts;
      });
  if (!emptied) co_return std::unexpected(emptied.error());
  parts_.cache.revoke_user(caller.user);
  parts_.log.info("user_deleted", {{"user", caller.user.text()}});
  if (parts_.hooks.account_emptied)
    for (const auto account : *emptied) parts_.hooks.account_emptied(account);
  co_return base::Result<void>{};
}

}  // namespace identity
