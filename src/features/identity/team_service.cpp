#include "features/identity/team_service.hpp"

#include <algorithm>

#include "features/identity/account_store.hpp"
#include "features/identity/audit_store.hpp"
#include "features/identity/email.hpp"
#include "features/identity/invalid_field.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/without_value.hpp"

namespace identity {
namespace {

using base::ErrorCode;

constexpr std::chrono::days kInvitationLife{7};

std::unexpected<base::Error> no_such_member() {
  return base::fail(ErrorCode::not_found, "not_found", "There is no such member.");
}

std::unexpected<base::Error> owners_only() {
  return base::fail(ErrorCode::forbidden, "forbidden", "Only an owner may do this.");
}

std::unexpected<base::Error> last_owner() {
  return base::fail(ErrorCode::conflict, "conflict",
                    "A team needs an owner. Make somebody else an owner first.");
}

AuditEvent event_of(const http::Caller& caller, std::string action, std::string target,
                    base::Instant now) {
  return {.at = now,
          .actor = caller.key.empty() ? caller.user.text() : caller.key.text(),
          .action = std::move(action),
          .account = caller.account.text(),
          .target = std::move(target)};
}

base::Result<AccountView> team_of(sql::OperatorTx& tx, const http::Caller& caller) {
  auto account = find_own_account(tx, caller.user, caller.account.text());
  if (!account || !account->is_team)
    return base::fail(ErrorCode::conflict, "conflict",
                      "A personal account has no members. Make a team.");
  return std::move(*account);
}

base::Result<SentInvitation> invite_in(sql::OperatorTx& tx, IdentityParts& parts,
                                       const http::Caller& caller, const EmailAddress& email,
                                       Role role, base::Instant now) {
  RL_TRY(const auto team, team_of(tx, caller));
  for (const auto& member : members_of(tx, caller.account)) {
    const auto known = parse_email(member.email);
    if (known && known->folded == email.folded)
      return base::fail(ErrorCode::conflict, "conflict", "This person is a member already.");
  }
  const auto token = make_secret(parts.random);
  SentInvitation sent{
      .invitation = {.id = base::format_id("inv_", base::make_id_bits(now, parts.random)),
                     .account = caller.account,
                     .email_folded = email.folded,
                     .role = role,
                     .expires_at = now + kInvitationLife},
      .token = std::nullopt};
  put_invitation(tx, sent.invitation, caller.user, hash_secret(token), now);
  parts.audit.append(tx, event_of(caller, "member_invited", sent.invitation.id, now));
  if (parts.hooks.queue_mail)
    parts.hooks.queue_mail(
        tx, invitation_letter(email.shown, parts.options.public_url, team.name, token), now);
  else
    sent.token = token;
  return sent;
}

base::Result<AccountView> accept_in(sql::OperatorTx& tx, IdentityParts& parts,
                                    const http::Caller& caller, const std::string& token,
                                    base::Instant now) {
  const auto invitation = find_invitation(tx, hash_secret(token), now);
  if (!invitation)
    return base::fail(ErrorCode::gone, "token_used",
                      "This invitation was used, withdrawn, or is too old.");
  const auto user = find_user(tx, caller.user);
  const auto email = user ? parse_email(user->view.email) : std::unexpected(std::string{});
  if (!email || email->folded != invitation->email_folded)
    return base::fail(ErrorCode::forbidden, "forbidden",
                      "This invitation was sent to another address.");
  put_seat(tx, invitation->account, caller.user, {.role = invitation->role}, now);
  remove_invitation(tx, invitation->account, invitation->id);
  auto event = event_of(caller, "member_joined", invitation->id, now);
  event.account = invitation->account.text();
  parts.audit.append(tx, event);
  auto account = find_own_account(tx, caller.user, invitation->account.text());
  if (!account) return base::fail_internal("a seat without its account");
  return std::move(*account);
}

base::Result<bool> set_role_in(sql::OperatorTx& tx, IdentityParts& parts,
                               const http::Caller& caller, base::UserId member, Role role,
                               base::Instant now) {
  const auto own = role_in(tx, caller.account, caller.user);
  const auto was = role_in(tx, caller.account, member);
  if (!was) return no_such_member();
  if ((role == Role::owner || *was == Role::owner) && own != Role::owner) return owners_only();
  if (*was == Role::owner && role != Role::owner && count_owners(tx, caller.account) == 1)
    return last_owner();
  put_seat(tx, caller.account, member, {.role = role}, now);
  auto event = event_of(caller, "role_changed", member.text(), now);
  event.reason = std::string(role_name(*was)) + " to " + std::string(role_name(role));
  parts.audit.append(tx, event);
  return true;
}

base::Result<bool> remove_in(sql::OperatorTx& tx, IdentityParts& parts, const http::Caller& caller,
                             base::UserId member, base::Instant now) {
  const auto own = role_in(tx, caller.account, caller.user);
  const auto was = role_in(tx, caller.account, member);
  if (!was) return no_such_member();
  const bool leaves = member == caller.user;
  if (!leaves && !caller.scopes.has(http::Scope::team)) return owners_only();
  if (*was == Role::owner && own != Role::owner) return owners_only();
  if (*was == Role::owner && count_owners(tx, caller.account) == 1) return last_owner();
  remove_seat(tx, caller.account, member);
  parts.audit.append(
      tx, event_of(caller, leaves ? "member_left" : "member_removed", member.text(), now));
  return true;
}

}  // namespace

base::Task<base::Result<AccountView>> TeamService::create(http::Caller caller, std::string name) {
  const auto now = parts_.clock.now();
  auto made = co_await parts_.database.write_operator<AccountView>(
      [&](sql::OperatorTx& tx) -> base::Result<AccountView> {
        AccountView team{.id = base::AccountId::make(now, parts_.random),
                         .plan = parts_.options.default_plan,
                         .is_team = true,
                         .name = name};
        insert_account(tx, team, now);
        put_seat(tx, team.id, caller.user, {.role = Role::owner}, now);
        auto event = event_of(caller, "team_made", team.id.text(), now);
        event.account = team.id.text();
        parts_.audit.append(tx, event);
        return team;
      });
  co_return made;
}

base::Task<base::Result<Roster>> TeamService::roster(base::AccountId account) {
  const auto now = parts_.clock.now();
  auto found = co_await parts_.database.read_operator<Roster>(
      [&](sql::OperatorTx& tx) -> base::Result<Roster> {
        return Roster{.members = members_of(tx, account),
                      .invitations = invitations_of(tx, account, now)};
      });
  co_return found;
}

base::Task<base::Result<SentInvitation>> TeamService::invite(http::Caller caller, std::string email,
                                                             Role role) {
  const auto parsed = parse_email(email);
  if (!parsed) co_return invalid_field("email", parsed.error());
  if (role == Role::owner)
    co_return invalid_field("role", "is admin, member or billing; an owner is made afterwards");
  const auto now = parts_.clock.now();
  auto sent = co_await parts_.database.write_operator<SentInvitation>(
      [&](sql::OperatorTx& tx) { return invite_in(tx, parts_, caller, *parsed, role, now); });
  co_return sent;
}

base::Task<base::Result<void>> TeamService::withdraw(http::Caller caller, std::string invitation) {
  const auto now = parts_.clock.now();
  auto removed =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        if (!remove_invitation(tx, caller.account, invitation))
          return base::fail(ErrorCode::not_found, "not_found", "There is no such invitation.");
        parts_.audit.append(tx, event_of(caller, "invitation_withdrawn", invitation, now));
        return true;
      });
  co_return without_value(std::move(removed));
}

base::Task<base::Result<AccountView>> TeamService::accept(http::Caller caller, std::string token) {
  const auto now = parts_.clock.now();
  auto account = co_await parts_.database.write_operator<AccountView>(
      [&](sql::OperatorTx& tx) { return accept_in(tx, parts_, caller, token, now); });
  co_return account;
}

base::Task<base::Result<void>> TeamService::set_role(http::Caller caller, base::UserId member,
                                                     Role role) {
  const auto now = parts_.clock.now();
  auto done = co_await parts_.database.write_operator<bool>(
      [&](sql::OperatorTx& tx) { return set_role_in(tx, parts_, caller, member, role, now); });
  if (done) parts_.cache.revoke_user(member);
  co_return without_value(std::move(done));
}

base::Task<base::Result<void>> TeamService::remove(http::Caller caller, base::UserId member) {
  const auto now = parts_.clock.now();
  auto done = co_await parts_.database.write_operator<bool>(
      [&](sql::OperatorTx& tx) { return remove_in(tx, parts_, caller, member, now); });
  if (done) parts_.cache.revoke_user(member);
  co_return without_value(std::move(done));
}

}  // namespace identity
