// The part of IdentityService that is about sessions which exist: refresh, logout, issued tokens.
#include <algorithm>

#include "features/identity/account_store.hpp"
#include "features/identity/email_changes.hpp"
#include "features/identity/external_session.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/identity_service.hpp"
#include "features/identity/jwt_verify.hpp"
#include "features/identity/one_time_tokens.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/session_store.hpp"
#include "features/identity/token_verifier.hpp"

namespace identity {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestIssued{std::chrono::hours{24} * 30};

enum class Rotation : std::uint8_t { done, unknown, expired, reused };

// An outcome and not an error: ending the session of a reused token must be committed.
struct Rotated {
  Rotation outcome = Rotation::unknown;
  SessionRow session;
  UserView user;
  AccountView account;
  std::string refresh_token;
};

base::Result<Rotated> rotate(sql::OperatorTx& tx, IdentityParts& parts, const std::string& hash,
                             base::Instant now) {
  Rotated rotated;
  const auto id = find_refresh_token(tx, hash);
  const auto session = id ? find_session(tx, *id) : std::nullopt;
  if (!session) return rotated;
  rotated.session = *session;
  if (!use_refresh_token(tx, hash, now)) {
    end_session(tx, rotated.session.id);
    rotated.outcome = Rotation::reused;
    return rotated;
  }
  if (rotated.session.expires_at <= now) {
    rotated.outcome = Rotation::expired;
    return rotated;
  }
  auto user = find_user(tx, rotated.session.user);
  auto accounts = accounts_of(tx, rotated.session.user);
  const auto own = std::ranges::find(accounts, rotated.session.account, &AccountView::id);
  if (!user || own == accounts.end()) return base::fail_internal("a session without its account");
  rotated.user = std::move(user->view);
  rotated.account = std::move(*own);
  rotated.refresh_token = make_secret(parts.random);
  insert_refresh_token(tx, hash_secret(rotated.refresh_token), rotated.session.id, now);
  rotated.outcome = Rotation::done;
  return rotated;
}

std::string sign_access(const IdentityParts& parts, const NewSession& session, base::Instant end) {
  return parts.issuer.sign({.issuer = parts.options.issuer,
                            .subject = session.user.text(),
                            .account = session.account.text(),
                            .session = session.id.text(),
                            .issued_at = session.created_at,
                            .expires_at = end});
}

}  // namespace

base::Task<base::Result<SignedIn>> IdentityService::refresh(std::string refresh_token) {
  const auto now = parts_->clock.now();
  const auto hash = hash_secret(refresh_token);
  auto rotated = co_await parts_->database.write_operator<Rotated>(
      [&](sql::OperatorTx& tx) { return rotate(tx, *parts_, hash, now); });
  if (!rotated) co_return std::unexpected(std::move(rotated.error()));
  const SessionRow& session = rotated->session;
  switch (rotated->outcome) {
    case Rotation::done:
      break;
    case Rotation::unknown:
      co_return invalid_token("there is no such refresh token");
    case Rotation::expired:
      co_return expired_token("the session of the refresh token has ended");
    case Rotation::reused:
      parts_->cache.revoke_session(parts_->cache.tag_of(session.id.text()));
      parts_->log.warning("refresh_token_reused", {{"session", session.id.text()}});
      co_return invalid_token("the refresh token was used before: its session was ended");
  }
  const auto end = std::min(now + parts_->options.access_ttl, session.expires_at);
  const NewSession claims{.id = session.id,
                          .user = session.user,
                          .account = session.account,
                          .token_hash = std::nullopt,
                          .created_at = now,
                          .expires_at = session.expires_at};
  co_return SignedIn{.user = std::move(rotated->user),
                     .account = std::move(rotated->account),
                     .access_token = sign_access(*parts_, claims, end),
                     .refresh_token = std::move(rotated->refresh_token),
                     .expires_in = std::chrono::floor<seconds>(end - now),
                     .session_token = {},
                     .session_ttl = std::chrono::floor<seconds>(session.expires_at - now)};
}

base::Task<base::Result<void>> IdentityService::logout(http::Caller caller, std::string bearer) {
  if (!caller.session.empty()) {
    auto ended = co_await parts_->database.write_operator<bool>(
        [&](sql::OperatorTx& tx) -> base::Result<bool> {
          parts_->audit.append(tx, {.at = parts_->clock.now(),
                                    .actor = caller.user.text(),
                                    .action = "signed_out",
                                    .account = caller.account.text(),
                                    .target = caller.session.text()});
          return end_session(tx, caller.session);
        });
    if (!ended) co_return std::unexpected(std::move(ended.error()));
    parts_->cache.revoke_session(parts_->cache.tag_of(caller.session.text()));
    co_return base::Result<void>{};
  }
  const auto now = parts_->clock.now();
  auto verified = co_await verify_with_all_keys(*parts_, bearer);
  if (!verified) co_return std::unexpected(std::move(verified.error()));
  const auto claims = read_external_claims(verified->claims, parts_->options.external,
                                           parts_->options.clock_skew, now);
  if (!claims) co_return std::unexpected(claims.error());
  const auto key = external_session_key(*claims, bearer);
  // As long as any token of that session could run, with room for renewed ones.
  const auto until = std::max(claims->expires_at, now + parts_->options.session_ttl);
  auto denied = co_await parts_->database.write_operator<bool>(
      [&](sql::OperatorTx& tx) -> base::Result<bool> {
        deny_external(tx, key, until);
        return true;
      });
  if (!denied) co_return std::unexpected(std::move(denied.error()));
  parts_->cache.revoke_session(parts_->cache.tag_of(key));
  co_return base::Result<void>{};
}

base::Task<base::Result<std::string>> IdentityService::issue_token(base::AccountId account,
                                                                   seconds ttl) {
  if (ttl < seconds{1} || ttl > kLongestIssued)
    co_return base::fail(base::ErrorCode::invalid, "invalid_request",
                         "A token lives from one second to 30 days.");
  const auto now = parts_->clock.now();
  auto session = co_await parts_->database.write_operator<NewSession>(
      [&](sql::OperatorTx& tx) -> base::Result<NewSession> {
        const auto owner = find_owner(tx, account);
        if (!owner)
          return base::fail(base::ErrorCode::not_found, "not_found", "There is no such account.");
        NewSession made{.id = base::SessionId::make(now, parts_->random),
                        .user = *owner,
                        .account = account,
                        .token_hash = std::nullopt,
                        .created_at = now,
                        .expires_at = now + ttl};
        insert_session(tx, made);
        return made;
      });
  if (!session) co_return std::unexpected(std::move(session.error()));
  co_return sign_access(*parts_, *session, session->expires_at);
}

base::Task<base::Result<std::int64_t>> IdentityService::remove_expired() {
  const auto now = parts_->clock.now();
  const auto [sessions, keys] = parts_->last_use.take();
  auto rows = co_await parts_->database.write_operator<std::int64_t>(
      [&](sql::OperatorTx& tx) -> base::Result<std::int64_t> {
        for (const auto& [session, at] : sessions) touch_session(tx, session, at);
        for (const auto& [key, at] : keys) touch_key(tx, key, at);
        return delete_expired(tx, now) + remove_expired_tokens(tx, now) +
               remove_expired_changes(tx, now);
      });
  co_return rows;
}

}  // namespace identity
