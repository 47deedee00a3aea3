#include "features/identity/profile_service.hpp"

#include <algorithm>

#include "features/identity/account_store.hpp"
#include "features/identity/email.hpp"
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
        const auto token = make_one_time_token(
            tx, parts_.random, TokenPurpose::change_email,
            OneTimeToken{.user = caller.user, .email = parsed->shown}, now + kChangeLife);
        // An address that is taken gets another letter, and the asker the same answer.
        const auto& url = parts_.options.public_url;
        parts_.hooks.queue_mail(tx,
                                find_user_by_email(tx, parsed->folded)
                                    ? known_address_letter(parsed->shown, url)
                                    : change_letter(parsed->shown, url, token),
                                now);
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

base::Task<base::Result<void>> ProfileService::end_session(http::Caller caller,
                                                           base::SessionId session) {
  auto ended =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        const auto found = find_session(tx, session);
        if (!found || found->user != caller.user)
          return base::fail(ErrorCode::not_found, "not_found", "There is no such session.");
        return identity::end_session(tx, session);
      });
  if (ended) parts_.cache.revoke_session(parts_.cache.tag_of(session.text()));
  co_return without_value(std::move(ended));
}

base::Task<base::Result<void>> ProfileService::end_all_sessions(http::Caller caller) {
  auto ended =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        end_sessions(tx, caller.user);
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
      [&](sql::OperatorTx& tx) { return forget_user(tx, parts_.seal_key, caller.user, now); });
  if (!emptied) co_return std::unexpected(emptied.error());
  parts_.cache.revoke_user(caller.user);
  parts_.log.info("user_deleted", {{"user", caller.user.text()}});
  if (parts_.hooks.account_emptied)
    for (const auto account : *emptied) parts_.hooks.account_emptied(account);
  co_return base::Result<void>{};
}

}  // namespace identity
