#include "features/identity/identity_service.hpp"

#include <algorithm>

#include "features/identity/account_creation.hpp"
#include "features/identity/account_store.hpp"
#include "features/identity/email.hpp"
#include "features/identity/external_session.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/invalid_field.hpp"
#include "features/identity/jwk.hpp"
#include "features/identity/jwt_verify.hpp"
#include "features/identity/one_time_tokens.hpp"
#include "features/identity/password_check.hpp"
#include "features/identity/password_rules.hpp"
#include "features/identity/second_factor_store.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/session_store.hpp"
#include "features/identity/without_value.hpp"

namespace identity {
namespace {

using base::ErrorCode;

constexpr std::chrono::hours kVerifyLife{24};

base::Result<void> check_options(const IdentityOptions& options) {
  if (options.plans.empty()) return invalid_field("plans", "needs at least one plan");
  const bool known = std::ranges::any_of(
      options.plans, [&](const PlanOption& plan) { return plan.id == options.default_plan; });
  if (!known) return invalid_field("default_plan", "is not one of the plans");
  if (options.issuer.empty()) return invalid_field("issuer", "is empty");
  const auto& external = options.external;
  if (external.issuer.empty() && !(external.jwks_url.empty() && external.static_jwks.empty()))
    return invalid_field("auth.issuer", "is needed with public keys: whose tokens are they?");
  return {};
}

base::Result<KeyRing> make_keys(const TokenIssuer& issuer, const ExternalTokens& external) {
  KeyRing keys;
  RL_TRY(auto own, issuer.verification_key());
  keys.push_back(std::move(own));
  for (const auto& secret : external.hs256_secrets) {
    RL_TRY(auto key, VerificationKey::hs256(secret, Trust::external));
    keys.push_back(std::move(key));
  }
  if (!external.static_jwks.empty()) {
    auto set = read_jwks(external.static_jwks, Trust::external);
    if (!set || set->empty()) return invalid_field("jwks_file", "holds no key that can be used");
    std::ranges::move(*set, std::back_inserter(keys));
  }
  return keys;
}

std::string access_token(const IdentityParts& parts, base::UserId user, base::AccountId account,
                         base::SessionId session, base::Instant now, base::Instant end) {
  return parts.issuer.sign({.issuer = parts.options.issuer,
                            .subject = user.text(),
                            .account = account.text(),
                            .session = session.text(),
                            .issued_at = now,
                            .expires_at = end});
}

SignedIn signed_in(const IdentityParts& parts, const MadeAccount& who,
                   const StartedSession& session, base::Instant now) {
  const auto end = std::min(now + parts.options.access_ttl, session.expires_at);
  return {.user = who.user,
          .account = who.account,
          .access_token = access_token(parts, who.user.id, who.account.id, session.id, now, end),
          .refresh_token = session.refresh_token,
          .expires_in = std::chrono::floor<std::chrono::seconds>(end - now),
          .session_token = session.session_token,
          .session_ttl = std::chrono::floor<std::chrono::seconds>(session.expires_at - now)};
}

struct Entered {
  MadeAccount who;
  StartedSession session;
};

void queue_verification(sql::OperatorTx& tx, IdentityParts& parts, const UserView& user,
                        base::Instant now) {
  const auto token =
      make_one_time_token(tx, parts.random, TokenPurpose::verify_email,
                          OneTimeToken{.user = user.id, .email = user.email}, now + kVerifyLife);
  parts.hooks.queue_mail(tx, verify_letter(user.email, parts.options.public_url, token), now);
}

void audit_entry(sql::OperatorTx& tx, IdentityParts& parts, const MadeAccount& who,
                 const StartedSession& session, const Visitor& visitor, base::Instant now) {
  parts.audit.append(tx, {.at = now,
                          .actor = who.user.id.text(),
                          .action = "signed_in",
                          .account = who.account.id.text(),
                          .target = session.id.text(),
                          .address = visitor.address});
}

base::Result<Entered> register_in(sql::OperatorTx& tx, IdentityParts& parts,
                                  const AccountDraft& draft, const Visitor& visitor,
                                  base::Instant now) {
  RL_TRY(auto made, make_account(tx, parts, draft, now));
  if (parts.hooks.queue_mail) queue_verification(tx, parts, made.user, now);
  auto session = start_session(
      tx, parts, {.user = made.user.id, .account = made.account.id, .visitor = visitor}, now);
  audit_entry(tx, parts, made, session, visitor, now);
  return Entered{.who = std::move(made), .session = std::move(session)};
}

// The account that was made; nullopt when the address has one, whose owner is told.
base::Result<std::optional<base::AccountId>> register_quietly(sql::OperatorTx& tx,
                                                              IdentityParts& parts,
                                                              const AccountDraft& draft,
                                                              base::Instant now) {
  if (find_user_by_email(tx, *draft.email_folded)) {
    static_cast<void>(make_one_time_token(tx, parts.random, TokenPurpose::verify_email,
                                          std::nullopt, now + kVerifyLife));
    parts.hooks.queue_mail(tx, known_address_letter(draft.email, parts.options.public_url), now);
    return std::optional<base::AccountId>{};
  }
  RL_TRY(auto made, make_account(tx, parts, draft, now));
  queue_verification(tx, parts, made.user, now);
  return std::optional{made.account.id};
}

base::Result<Entered> enter(sql::OperatorTx& tx, IdentityParts& parts, const UserView& user,
                            const Visitor& visitor, base::Instant now) {
  auto accounts = accounts_of(tx, user.id);
  if (accounts.empty()) return base::fail_internal("user " + user.id.text() + " has no account");
  auto session = start_session(
      tx, parts, {.user = user.id, .account = accounts.front().id, .visitor = visitor}, now);
  Entered entered{.who = {.user = user, .account = std::move(accounts.front())},
                  .session = std::move(session)};
  audit_entry(tx, parts, entered.who, entered.session, visitor, now);
  return entered;
}

}  // namespace

IdentityService::IdentityService(std::unique_ptr<IdentityParts> parts)
    : parts_(std::move(parts)),
      authenticator_(*parts_),
      profile_(*parts_),
      recovery_(*parts_),
      keys_(*parts_),
      teams_(*parts_) {}
IdentityService::~IdentityService() = default;

base::Result<std::unique_ptr<IdentityService>> IdentityService::open(
    IdentityOptions options, IdentityHooks hooks, sql::Database& database, const base::Clock& clock,
    base::Random& random, base::Log& log) {
  RL_TRY_VOID(check_options(options));
  RL_TRY(auto issuer, TokenIssuer::load_or_make(options.keys_folder));
  RL_TRY(auto keys, make_keys(issuer, options.external));
  auto jwks = issuer.jwks();
  const auto seal_key = issuer.seal_key();
  auto parts = std::unique_ptr<IdentityParts>(new IdentityParts{.options = std::move(options),
                                                                .hooks = std::move(hooks),
                                                                .database = database,
                                                                .clock = clock,
                                                                .random = random,
                                                                .log = log,
                                                                .issuer = std::move(issuer),
                                                                .keys = std::move(keys),
                                                                .jwks = std::move(jwks),
                                                                .seal_key = seal_key,
                                                                .key_source = nullptr});
  const auto& external = parts->options.external;
  if (!external.jwks_url.empty())
    parts->key_source = std::make_unique<JwksSource>(
        external.jwks_url, external.fetch ? external.fetch : fetch_key_set, clock, log);
  return std::unique_ptr<IdentityService>(new IdentityService(std::move(parts)));
}

Authenticator& IdentityService::authenticator() { return authenticator_; }
AuditTrail& IdentityService::audit() { return parts_->audit; }

std::optional<JwksSource::Health> IdentityService::key_set_health() const {
  if (!parts_->key_source) return std::nullopt;
  return parts_->key_source->health();
}

std::int64_t IdentityService::password_computations() const {
  return parts_->passwords.computations();
}

base::Task<void> IdentityService::renew_keys() {
  if (parts_->key_source) co_await parts_->key_source->renew();
}
const IdentityOptions& IdentityService::options() const { return parts_->options; }
const std::string& IdentityService::jwks() const { return parts_->jwks; }
std::string IdentityService::csrf_token(std::string_view session_token) {
  return csrf_of(session_token);
}

base::Task<base::Result<std::optional<SignedIn>>> IdentityService::register_account(
    Credentials credentials) {
  if (!parts_->options.local_accounts)
    co_return base::fail(ErrorCode::forbidden, "forbidden", "Sign up with the application itself.");
  const auto email = parse_email(credentials.email);
  if (!email) co_return invalid_field("email", email.error());
  if (auto fault = password_fault(credentials.password))
    co_return invalid_field("password", std::move(*fault));
  auto hash = co_await parts_->passwords.hash(std::move(credentials.password));
  if (!hash) co_return std::unexpected(std::move(hash.error()));
  const AccountDraft draft{.email = email->shown,
                           .email_folded = email->folded,
                           .password_hash = std::move(*hash),
                           .external_id = {}};
  if (parts_->options.require_verified_email) {
    auto asked = co_await register_with_mail(draft);
    co_return asked;
  }
  auto entered = co_await register_at_once(draft, std::move(credentials.visitor));
  co_return entered;
}

base::Task<base::Result<std::optional<SignedIn>>> IdentityService::register_at_once(
    const AccountDraft& draft, Visitor visitor) {
  const auto now = parts_->clock.now();
  auto entered = co_await parts_->database.write_operator<Entered>(
      [&](sql::OperatorTx& tx) { return register_in(tx, *parts_, draft, visitor, now); });
  if (!entered) co_return std::unexpected(std::move(entered.error()));
  announce(entered->who.account.id);
  co_return std::optional{signed_in(*parts_, entered->who, entered->session, now)};
}

base::Task<base::Result<std::optional<SignedIn>>> IdentityService::register_with_mail(
    const AccountDraft& draft) {
  const auto now = parts_->clock.now();
  const auto made = co_await parts_->database.write_operator<std::optional<base::AccountId>>(
      [&](sql::OperatorTx& tx) { return register_quietly(tx, *parts_, draft, now); });
  if (!made) co_return std::unexpected(made.error());
  if (*made) announce(**made);
  co_return std::optional<SignedIn>{};
}

void IdentityService::announce(base::AccountId account) {
  parts_->log.info("account_made", {{"account", account.text()}, {"how", "register"}});
  if (parts_->hooks.account_ready) parts_->hooks.account_ready(account);
}

base::Task<base::Result<void>> IdentityService::send_verification(UserView user) {
  const auto now = parts_->clock.now();
  auto queued = co_await parts_->database.write_operator<bool>(
      [&](sql::OperatorTx& tx) -> base::Result<bool> {
        queue_verification(tx, *parts_, user, now);
        return true;
      });
  co_return without_value(std::move(queued));
}

base::Task<base::Result<SignedIn>> IdentityService::login(Credentials credentials) {
  if (!parts_->options.local_accounts)
    co_return base::fail(ErrorCode::forbidden, "forbidden", "Sign in with the application itself.");
  const auto email = parse_email(credentials.email);
  if (!email) co_return invalid_field("email", email.error());
  const auto user = co_await prove_by_email(*parts_, email->folded,
                                            {.password = std::move(credentials.password),
                                             .code = std::move(credentials.code),
                                             .address = credentials.visitor.address});
  if (!user) co_return std::unexpected(user.error());
  if (parts_->options.require_verified_email && !user->email_verified) {
    RL_CO_TRY_VOID(co_await send_verification(*user));
    co_return base::fail(ErrorCode::forbidden, "email_unverified",
                         "Please confirm your address first: we have sent the link again.");
  }
  const auto now = parts_->clock.now();
  auto entered = co_await parts_->database.write_operator<Entered>(
      [&](sql::OperatorTx& tx) { return enter(tx, *parts_, *user, credentials.visitor, now); });
  if (!entered) co_return std::unexpected(std::move(entered.error()));
  co_return signed_in(*parts_, entered->who, entered->session, now);
}

base::Task<base::Result<SessionView>> IdentityService::session(http::Caller caller) {
  auto view = co_await parts_->database.read_operator<SessionView>(
      [&](sql::OperatorTx& tx) -> base::Result<SessionView> {
        auto user = find_user(tx, caller.user);
        if (!user) return base::fail_internal("no user " + caller.user.text());
        SessionView found{
            .user = std::move(user->view), .account = {}, .accounts = accounts_of(tx, caller.user)};
        const auto own = std::ranges::find(found.accounts, caller.account, &AccountView::id);
        if (own == found.accounts.end())
          return base::fail(ErrorCode::forbidden, "forbidden", "This account is not yours.");
        found.account = *own;
        found.second_factor = !load_second_factor(tx, caller.user).sealed.empty();
        return found;
      });
  if (!view) co_return std::unexpected(std::move(view.error()));
  view->plan = &parts_->options.plans[parts_->plan_index(view->account.plan)];
  co_return view;
}

}  // namespace identity
