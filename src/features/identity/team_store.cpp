#include "features/identity/team_store.hpp"

#include "base/check.hpp"

namespace identity {
namespace {

Invitation invitation_at(const sql::Statement& row) {
  const auto account = base::AccountId::parse(row.text(1));
  const auto role = parse_role(row.text(3));
  RL_CHECK(account && role, "an invitation has an account and a role");
  return {.id = std::string(row.text(0)),
          .account = *account,
          .email_folded = std::string(row.text(2)),
          .role = *role,
          .expires_at = base::from_micros(row.integer(4))};
}

}  // namespace

std::vector<Member> members_of(sql::OperatorTx& tx, base::AccountId account) {
  auto select = tx.prepare(
      "SELECT u.id, u.email, m.role, m.created_at FROM memberships m"
      " JOIN users u ON u.id = m.user_id WHERE m.account_id = $1 ORDER BY m.created_at, u.id");
  select.bind(1, account.text());
  std::vector<Member> members;
  while (select.step()) {
    const auto user = base::UserId::parse(select.text(0));
    const auto role = parse_role(select.text(2));
    RL_CHECK(user && role, "a member has an id and a role");
    members.push_back({.user = *user,
                       .email = std::string(select.text(1)),
                       .role = *role,
                       .since = base::from_micros(select.integer(3))});
  }
  return members;
}

std::optional<Role> role_in(sql::OperatorTx& tx, base::AccountId account, base::UserId user) {
  auto select = tx.prepare("SELECT role FROM memberships WHERE account_id = $1 AND user_id = $2");
  if (!select.bind(1, account.text()).bind(2, user.text()).step()) return std::nullopt;
  return parse_role(select.text(0));
}

std::int64_t count_owners(sql::OperatorTx& tx, base::AccountId account) {
  auto select =
      tx.prepare("SELECT count(*) FROM memberships WHERE account_id = $1 AND role = 'owner'");
  return select.bind(1, account.text()).step() ? select.integer(0) : 0;
}

void put_invitation(sql::OperatorTx& tx, const Invitation& invitation, base::UserId by,
                    std::string_view token_hash, base::Instant now) {
  tx.prepare("DELETE FROM invitations WHERE account_id = $1 AND email_folded = $2")
      .bind(1, invitation.account.text())
      .bind(2, invitation.email_folded)
      .run();
  auto insert = tx.prepare(
      "INSERT INTO invitations (id, account_id, email_folded, role, token_hash, invited_by,"
      " created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
  insert.bind(1, invitation.id).bind(2, invitation.account.text());
  insert.bind(3, invitation.email_folded).bind(4, role_name(invitation.role));
  insert.bind(5, token_hash).bind(6, by.text()).bind(7, base::to_micros(now));
  insert.bind(8, base::to_micros(invitation.expires_at)).run();
}

std::vector<Invitation> invitations_of(sql::OperatorTx& tx, base::AccountId account,
                                       base::Instant now) {
  auto select = tx.prepare(
      "SELECT id, account_id, email_folded, role, expires_at FROM invitations"
      " WHERE account_id = $1 AND expires_at > $2 ORDER BY id");
  select.bind(1, account.text()).bind(2, base::to_micros(now));
  std::vector<Invitation> invitations;
  while (select.step()) invitations.push_back(invitation_at(select));
  return invitations;
}

std::optional<Invitation> find_invitation(sql::OperatorTx& tx, std::string_view token_hash,
                                          base::Instant now) {
  auto select = tx.prepare(
      "SELECT id, account_id, email_folded, role, expires_at FROM invitations"
      " WHERE token_hash = $1 AND expires_at > $2");
  if (!select.bind(1, token_hash).bind(2, base::to_micros(now)).step()) return std::nullopt;
  return invitation_at(select);
}

bool remove_invitation(sql::OperatorTx& tx, base::AccountId account, std::string_view id) {
  auto remove = tx.prepare("DELETE FROM invitations WHERE account_id = $1 AND id = $2");
  return remove.bind(1, account.text()).bind(2, id).run() == 1;
}

}  // namespace identity
