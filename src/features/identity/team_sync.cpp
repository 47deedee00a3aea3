// The part of TeamService that the application beside us calls.
#include "features/identity/account_creation.hpp"
#include "features/identity/account_store.hpp"
#include "features/identity/audit_store.hpp"
#include "features/identity/external_session.hpp"
#include "features/identity/session_store.hpp"
#include "features/identity/team_service.hpp"
#include "features/identity/without_value.hpp"

namespace identity {
namespace {

base::Result<base::UserId> find_or_make_user(sql::OperatorTx& tx, IdentityParts& parts,
                                             const std::string& subject, base::Instant now) {
  if (const auto known = find_external_user(tx, subject)) return known->view.id;
  const AccountDraft draft{.email = "",
                           .email_folded = std::nullopt,
                           .password_hash = std::nullopt,
                           .external_id = subject};
  RL_TRY(const auto made, make_account(tx, parts, draft, now));
  return made.user.id;
}

base::Result<base::AccountId> sync_in(sql::OperatorTx& tx, IdentityParts& parts,
                                      const SyncedTeam& team, base::Instant now) {
  if (find_external_user(tx, team.id))
    return base::fail(base::ErrorCode::conflict, "conflict", "This is a person, not a team.");
  auto account = find_account_by_external_id(tx, team.id);
  if (!account) {
    account = base::AccountId::make(now, parts.random);
    insert_account(tx,
                   {.id = *account,
                    .plan = parts.options.default_plan,
                    .external_id = team.id,
                    .is_team = true,
                    .name = team.name},
                   now);
  }
  rename_account(tx, *account, team.name);
  remove_synced_seats(tx, *account);
  for (const auto& seat : team.members) {
    RL_TRY(const auto user, find_or_make_user(tx, parts, seat.subject, now));
    put_seat(tx, *account, user, {.role = seat.role, .source = SeatSource::synced}, now);
  }
  return *account;
}

}  // namespace

base::Task<base::Result<base::AccountId>> TeamService::sync(http::Caller caller, SyncedTeam team) {
  const auto now = parts_.clock.now();
  auto account = co_await parts_.database.write_operator<base::AccountId>(
      [&](sql::OperatorTx& tx) -> base::Result<base::AccountId> {
        RL_TRY(const auto synced, sync_in(tx, parts_, team, now));
        parts_.audit.append(tx,
                            {.at = now,
                             .actor = caller.key.empty() ? caller.user.text() : caller.key.text(),
                             .action = "team_synced",
                             .account = synced.text(),
                             .target = team.id});
        return synced;
      });
  if (account) parts_.cache.revoke_account(*account);
  co_return account;
}

base::Task<base::Result<void>> TeamService::deny_session(http::Caller caller,
                                                         std::string session_id) {
  const auto now = parts_.clock.now();
  const auto key = external_session_key(session_id);
  auto denied =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        deny_external(tx, key, now + parts_.options.session_ttl);
        parts_.audit.append(tx,
                            {.at = now,
                             .actor = caller.key.empty() ? caller.user.text() : caller.key.text(),
                             .action = "session_denied",
                             .target = session_id});
        return true;
      });
  if (denied) parts_.cache.revoke_session(parts_.cache.tag_of(key));
  co_return without_value(std::move(denied));
}

}  // namespace identity
