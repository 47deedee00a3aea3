#include "features/identity/authenticator.hpp"

#include <algorithm>

#include "features/identity/account_store.hpp"
#include "features/identity/api_key.hpp"
#include "features/identity/api_key_store.hpp"
#include "features/identity/cached_caller.hpp"
#include "features/identity/credential.hpp"
#include "features/identity/external_session.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/jwt_claims.hpp"
#include "features/identity/jwt_verify.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/session_store.hpp"
#include "features/identity/token_verifier.hpp"
#include "http/router.hpp"

namespace identity {
namespace {

constexpr std::size_t kSecretSize = 43;

bool is_safe(http::Method method) {
  return method == http::Method::get || method == http::Method::head ||
         method == http::Method::options;
}

}  // namespace

CacheOutcome Authenticator::try_cached(const http::Request& request, http::Caller& caller) const {
  return look_up_cached(parts_.cache, request, caller);
}

base::Task<base::Result<http::Caller>> Authenticator::authenticate(http::Exchange& exchange) {
  const auto found = find_credential(exchange.request);
  if (found.kind == CredentialKind::none)
    co_return base::fail(base::ErrorCode::unauthenticated, "unauthenticated",
                         "Please sign in first.");
  if (found.kind == CredentialKind::doubtful) co_return doubtful_credential(found.doubt);
  auto caller = co_await verify(sent_by(exchange.request, exchange.request.arrived));
  co_return caller;
}

Authenticator::Sent Authenticator::sent_by(const http::Request& request, base::Instant now) {
  const auto found = find_credential(request);
  return {.token = std::string(found.token),
          .account = std::string(found.account),
          .kind = presented_by(found).kind,
          .now = now};
}

base::Task<base::Result<http::Caller>> Authenticator::look_again(Sent sent) {
  http::Caller known;
  if (parts_.cache.find({.token = sent.token, .account = sent.account, .kind = sent.kind}, sent.now,
                        known))
    co_return known;
  auto caller = co_await verify(std::move(sent));
  co_return caller;
}

base::Task<base::Result<http::Caller>> Authenticator::verify(Sent sent) {
  const auto epoch = parts_.cache.epoch();
  auto checked = co_await look_up(sent);
  if (!checked) co_return std::unexpected(std::move(checked.error()));
  const auto& caller = checked->caller;
  parts_.last_use.note(caller.session, caller.key, sent.now);
  parts_.cache.insert(
      {.token = sent.token, .account = sent.account, .kind = sent.kind},
      {.caller = caller,
       .session_tag = checked->session_tag,
       .expires_at = std::min(caller.expires_at, sent.now + parts_.options.cache_ttl)},
      epoch);
  co_return caller;
}

base::Task<base::Result<Authenticator::Checked>> Authenticator::look_up(const Sent& sent) {
  switch (sent.kind) {
    case http::Credential::cookie: {
      auto checked = co_await by_cookie(sent);
      co_return checked;
    }
    case http::Credential::api_key: {
      auto checked = co_await by_key(sent);
      co_return checked;
    }
    case http::Credential::bearer: {
      auto checked = co_await by_bearer(sent);
      co_return checked;
    }
    case http::Credential::none:
      break;
  }
  co_return base::fail_internal("a request without a credential was looked up");
}

// `token_end`: of the token itself; the session may end earlier.
base::Result<Authenticator::Checked> Authenticator::by_session(
    sql::OperatorTx& tx, const std::optional<SessionRow>& session, base::Instant token_end,
    const Sent& sent) const {
  if (!session) return invalid_token("there is no such session");
  const auto end = std::min(token_end, session->expires_at);
  if (end <= sent.now) return expired_token("the session has ended");
  const auto account = find_own_account(
      tx, session->user, sent.account.empty() ? session->account.text() : sent.account);
  if (!account) return not_your_account();
  return Checked{.caller = {.credential = sent.kind,
                            .user = session->user,
                            .account = account->id,
                            .session = session->id,
                            .key = {},
                            .scopes = scopes_of(account->role) | scopes_of(session->operator_role),
                            .is_operator = session->operator_role != OperatorRole::none,
                            .plan = parts_.plan_index(account->plan),
                            .expires_at = end},
                 .session_tag = parts_.cache.tag_of(session->id.text())};
}

base::Task<base::Result<Authenticator::Checked>> Authenticator::by_cookie(const Sent& sent) {
  if (sent.token.size() != kSecretSize) co_return invalid_token("the cookie is no session token");
  const auto hash = hash_secret(sent.token);
  auto checked = co_await parts_.database.read_operator<Checked>([&](sql::OperatorTx& tx) {
    return by_session(tx, find_session_by_token(tx, hash), base::Instant::max(), sent);
  });
  co_return checked;
}

// A key allows what it was made for, and never more than its maker may do today.
base::Task<base::Result<Authenticator::Checked>> Authenticator::by_key(const Sent& sent) {
  if (!is_api_key(sent.token)) co_return invalid_token("this is no API key");
  const auto hash = hash_secret(sent.token);
  const auto found = co_await parts_.database.read_operator<std::optional<KeyHolder>>(
      [&](sql::OperatorTx& tx) -> base::Result<std::optional<KeyHolder>> {
        return find_key_by_hash(tx, hash);
      });
  if (!found) co_return std::unexpected(found.error());
  if (!*found) co_return invalid_token("there is no such key");
  const auto& [key, role, operator_role, plan] = **found;
  const auto end = key.expires_at.value_or(base::Instant::max());
  if (end <= sent.now) co_return expired_token("the key has expired");
  if (!role) co_return invalid_token("the key's maker left the account");
  if (!sent.account.empty() && sent.account != key.account.text()) co_return not_your_account();
  const auto allowed = scopes_of(*role) | scopes_of(operator_role);
  co_return Checked{.caller = {.credential = http::Credential::api_key,
                               .user = key.user,
                               .account = key.account,
                               .session = {},
                               .key = key.id,
                               .scopes = key.scopes & allowed,
                               .is_operator = operator_role != OperatorRole::none,
                               .plan = parts_.plan_index(plan),
                               .expires_at = end},
                    .session_tag = 0};
}

base::Task<base::Result<Authenticator::Checked>> Authenticator::by_bearer(const Sent& sent) {
  auto verified = co_await verify_with_all_keys(parts_, sent.token);
  if (!verified) co_return std::unexpected(std::move(verified.error()));
  if (verified->trust == Trust::own) {
    auto own = co_await by_own_token(sent, std::move(verified->claims));
    co_return own;
  }
  auto checked = co_await by_external_token(sent, std::move(verified->claims));
  co_return checked;
}

base::Task<base::Result<Authenticator::Checked>> Authenticator::by_own_token(
    const Sent& sent, boost::json::object claims) {
  const auto own = read_own_claims(claims, parts_.options.issuer, sent.now);
  if (!own) co_return std::unexpected(own.error());
  auto checked = co_await parts_.database.read_operator<Checked>([&](sql::OperatorTx& tx) {
    return by_session(tx, find_session(tx, own->session), own->expires_at, sent);
  });
  co_return checked;
}

base::Task<base::Result<Authenticator::Checked>> Authenticator::by_external_token(
    const Sent& sent, boost::json::object claims) {
  auto external =
      read_external_claims(claims, parts_.options.external, parts_.options.clock_skew, sent.now);
  if (!external) co_return std::unexpected(external.error());
  const auto session_key = external_session_key(*external, sent.token);
  const auto expires_at = external->expires_at;
  const auto user = co_await find_or_make_external(
      parts_, {.claims = std::move(*external), .session_key = session_key, .account = sent.account},
      sent.now);
  if (!user) co_return std::unexpected(user.error());
  co_return Checked{
      .caller = {.credential = http::Credential::bearer,
                 .user = user->user,
                 .account = user->account.id,
                 .session = {},
                 .key = {},
                 .scopes = scopes_of(user->account.role) | scopes_of(user->operator_role),
                 .is_operator = user->operator_role != OperatorRole::none,
                 .plan = parts_.plan_index(user->account.plan),
                 .expires_at = expires_at},
      .session_tag = parts_.cache.tag_of(session_key)};
}

base::Result<void> Authenticator::check_csrf(const http::Request& request,
                                             const http::Caller& caller) const {
  if (caller.credential != http::Credential::cookie || is_safe(request.method)) return {};
  const auto found = find_credential(request);
  std::string_view sent;
  int count = 0;
  for (const auto& header : request.headers) {
    if (!same_header_name(header.name, "x-csrf-token")) continue;
    sent = header.value;
    ++count;
  }
  if (count == 1 && found.kind == CredentialKind::cookie && same_secret(sent, csrf_of(found.token)))
    return {};
  return base::fail(base::ErrorCode::forbidden, "csrf_invalid",
                    "The page did not prove that it is ours. Reload it and try again.",
                    "X-CSRF-Token is missing or another session's");
}

void Authenticator::note_outcome(const http::Exchange& exchange) {
  constexpr int kForbidden = 403;
  const int status = exchange.response.status;
  if (exchange.route == nullptr) return;
  const bool denied = status == kForbidden;
  const bool operated =
      exchange.route->policy.access == http::Access::operator_only && status < 400;
  if (!denied && !operated) return;
  const auto& caller = exchange.caller;
  // The pattern, not the path: names of a user's data stay out of the log.
  auto target =
      std::string(http::method_name(exchange.request.method)) + ' ' + exchange.route->pattern;
  if (operated && !exchange.path_values.empty()) target += ' ' + exchange.path_values.front();
  parts_.audit.note({.at = exchange.request.arrived,
                     .actor = !caller.signed_in()  ? ""
                              : caller.key.empty() ? caller.user.text()
                                                   : caller.key.text(),
                     .action = denied ? "denied" : "operator",
                     .account = caller.signed_in() ? caller.account.text() : "",
                     .target = std::move(target),
                     .address = std::string(exchange.request.peer_address)});
}

void Authenticator::forget_account(base::AccountId account) {
  parts_.cache.revoke_account(account);
}

}  // namespace identity
