#include "features/identity/external_session.hpp"

#include <algorithm>
#include <optional>

#include "features/identity/account_creation.hpp"
#include "features/identity/account_store.hpp"
#include "features/identity/jwt_verify.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/session_store.hpp"

namespace identity {
namespace {

// What the store says of a subject, and whether the token says something else.
struct Known {
  UserView user;
  bool outdated = false;
};

base::Result<std::optional<Known>> look_up(sql::OperatorTx& tx, const ExternalVisit& visit) {
  if (is_denied(tx, visit.session_key)) return invalid_token("the external session was signed out");
  const auto user = find_external_user(tx, visit.claims.subject);
  if (!user) return std::optional<Known>{};
  return std::optional<Known>{
      {.user = user->view,
       .outdated = user->view.email != visit.claims.email ||
                   claimed_seats(tx, user->view.id) != visit.claims.accounts}};
}

base::Result<ExternalUser> choose_account(sql::OperatorTx& tx, const UserView& user,
                                          const ExternalVisit& visit) {
  auto account =
      find_own_account(tx, user.id, visit.account.empty() ? visit.claims.subject : visit.account);
  if (!account) return not_your_account();
  return ExternalUser{
      .user = user.id, .account = std::move(*account), .operator_role = user.operator_role};
}

// A team of the application beside us, made when the first of its members is seen.
base::Result<base::AccountId> find_or_make_team(sql::OperatorTx& tx, IdentityParts& parts,
                                                const std::string& external_id, base::Instant now) {
  if (const auto known = find_account_by_external_id(tx, external_id)) return *known;
  const AccountView team{.id = base::AccountId::make(now, parts.random),
                         .plan = parts.options.default_plan,
                         .external_id = external_id,
                         .is_team = true};
  insert_account(tx, team, now);
  return team.id;
}

base::Result<void> follow_claims(sql::OperatorTx& tx, IdentityParts& parts, const UserView& user,
                                 const ExternalClaims& claims, base::Instant now) {
  if (user.email != claims.email) set_external_email(tx, user.id, claims.email);
  remove_claimed_seats(tx, user.id);
  for (const auto& claimed : claims.accounts) {
    // The personal account is the user's own, whatever a token says about others' ones.
    if (find_external_user(tx, claimed.id)) continue;
    RL_TRY(const auto team, find_or_make_team(tx, parts, claimed.id, now));
    put_seat(tx, team, user.id, {.role = claimed.role, .source = SeatSource::claim}, now);
  }
  return {};
}

struct Settled {
  UserView user;
  std::optional<base::AccountId> made;
};

// Two first requests of one user may both come here: the second finds what the first made.
base::Result<Settled> settle(sql::OperatorTx& tx, IdentityParts& parts, const ExternalVisit& visit,
                             base::Instant now) {
  std::optional<base::AccountId> made;
  auto known = find_external_user(tx, visit.claims.subject);
  UserView user;
  if (known) {
    user = std::move(known->view);
  } else {
    const AccountDraft draft{.email = visit.claims.email,
                             .email_folded = std::nullopt,
                             .password_hash = std::nullopt,
                             .external_id = visit.claims.subject,
                             .with_trial = !visit.claims.anonymous};
    RL_TRY(auto fresh, make_account(tx, parts, draft, now));
    made = fresh.account.id;
    user = std::move(fresh.user);
  }
  RL_TRY_VOID(follow_claims(tx, parts, user, visit.claims, now));
  return Settled{.user = std::move(user), .made = made};
}

}  // namespace

std::unexpected<base::Error> not_your_account() {
  return base::fail(base::ErrorCode::forbidden, "forbidden", "This account is not yours.");
}

std::string external_session_key(const ExternalClaims& claims, std::string_view token) {
  return claims.session_id.empty() ? hash_secret("token:" + std::string(token))
                                   : external_session_key(claims.session_id);
}

std::string external_session_key(std::string_view session_id) {
  return hash_secret("session:" + std::string(session_id));
}

base::Task<base::Result<ExternalUser>> find_or_make_external(IdentityParts& parts,
                                                             ExternalVisit visit,
                                                             base::Instant now) {
  auto known = co_await parts.database.read_operator<std::optional<Known>>(
      [&](sql::OperatorTx& tx) { return look_up(tx, visit); });
  if (!known) co_return std::unexpected(std::move(known.error()));
  UserView user;
  if (*known && !(*known)->outdated) {
    user = std::move((*known)->user);
  } else {
    auto settled = co_await parts.database.write_operator<Settled>(
        [&](sql::OperatorTx& tx) { return settle(tx, parts, visit, now); });
    if (!settled) co_return std::unexpected(std::move(settled.error()));
    user = std::move(settled->user);
    if (settled->made) {
      parts.log.info("account_made", {{"account", settled->made->text()}, {"how", "token"}});
      if (parts.hooks.account_ready) parts.hooks.account_ready(*settled->made);
    }
  }
  auto chosen = co_await parts.database.read_operator<ExternalUser>(
      [&](sql::OperatorTx& tx) { return choose_account(tx, user, visit); });
  co_return chosen;
}

}  // namespace identity
