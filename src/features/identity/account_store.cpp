#include "features/identity/account_store.hpp"

#include "base/check.hpp"

namespace identity {
namespace {

constexpr std::string_view kUserColumns =
    "SELECT id, email, email_verified, operator_role, password_hash FROM users ";

Role role_at(const sql::Statement& row, int column) {
  const auto role = parse_role(row.text(column));
  RL_CHECK(role.has_value(), "memberships.role is a role");
  return *role;
}

std::optional<UserRow> one_user(std::string_view condition, sql::OperatorTx& tx,
                                std::string_view key) {
  auto select = tx.prepare(std::string(kUserColumns) + std::string(condition));
  select.bind(1, key);
  if (!select.step()) return std::nullopt;
  const auto id = base::UserId::parse(select.text(0));
  RL_CHECK(id.has_value(), "users.id is a user id");
  return UserRow{.view = {.id = *id,
                          .email = std::string(select.text(1)),
                          .email_verified = select.integer(2) != 0,
                          .operator_role = operator_role_at(select, 3)},
                 .password_hash = select.is_null(4) ? "" : std::string(select.text(4))};
}

constexpr std::string_view kAccountColumns =
    "SELECT a.id, a.plan, a.external_id, m.role, a.kind, a.name, m.source FROM memberships m"
    " JOIN accounts a ON a.id = m.account_id";

AccountView account_at(const sql::Statement& row) {
  const auto id = base::AccountId::parse(row.text(0));
  RL_CHECK(id.has_value(), "accounts.id is an account id");
  return {.id = *id,
          .plan = std::string(row.text(1)),
          .external_id = row.is_null(2) ? "" : std::string(row.text(2)),
          .role = role_at(row, 3),
          .is_team = row.text(4) == "team",
          .name = std::string(row.text(5))};
}

std::string_view source_name(SeatSource source) {
  switch (source) {
    case SeatSource::local:
      return "local";
    case SeatSource::synced:
      return "synced";
    case SeatSource::claim:
      return "claim";
  }
  return "";
}

}  // namespace

bool insert_user(sql::OperatorTx& tx, const NewUser& user) {
  auto insert = tx.prepare(
      "INSERT INTO users (id, email, email_folded, password_hash, role, provider, external_id,"
      " created_at, operator_role, email_verified) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
      " ON CONFLICT DO NOTHING");
  insert.bind(1, user.id.text()).bind(2, user.email).bind(3, user.email_folded);
  insert.bind(4, user.password_hash)
      .bind(5, user.operator_role == OperatorRole::none ? "user" : "operator");
  if (user.external_id)
    insert.bind(6, kProvider).bind(7, *user.external_id);
  else
    insert.bind(6, std::nullopt).bind(7, std::nullopt);
  insert.bind(8, base::to_micros(user.at));
  if (user.operator_role == OperatorRole::none)
    insert.bind(9, std::nullopt);
  else
    insert.bind(9, role_name(user.operator_role));
  insert.bind(10, std::int64_t{user.email_verified ? 1 : 0});
  return insert.run() == 1;
}

void set_password(sql::OperatorTx& tx, base::UserId user, std::string_view password_hash,
                  OperatorRole operator_role) {
  auto update = tx.prepare(
      "UPDATE users SET password_hash = $2, role = $3, operator_role = $4 WHERE id = $1");
  update.bind(1, user.text())
      .bind(2, password_hash)
      .bind(3, operator_role == OperatorRole::none ? "user" : "operator");
  if (operator_role == OperatorRole::none)
    update.bind(4, std::nullopt);
  else
    update.bind(4, role_name(operator_role));
  update.run();
}

void change_password_hash(sql::OperatorTx& tx, base::UserId user, std::string_view password_hash) {
  tx.prepare("UPDATE users SET password_hash = $2 WHERE id = $1")
      .bind(1, user.text())
      .bind(2, password_hash)
      .run();
}

void set_email_verified(sql::OperatorTx& tx, base::UserId user) {
  tx.prepare("UPDATE users SET email_verified = 1 WHERE id = $1").bind(1, user.text()).run();
}

void change_email(sql::OperatorTx& tx, base::UserId user, std::string_view shown,
                  std::string_view folded) {
  tx.prepare("UPDATE users SET email = $2, email_folded = $3, email_verified = 1 WHERE id = $1")
      .bind(1, user.text())
      .bind(2, shown)
      .bind(3, folded)
      .run();
}

void insert_account(sql::OperatorTx& tx, const AccountView& account, base::Instant at) {
  auto insert = tx.prepare(
      "INSERT INTO accounts (id, plan, external_id, created_at, kind, name)"
      " VALUES ($1, $2, $3, $4, $5, $6)");
  insert.bind(1, account.id.text()).bind(2, account.plan);
  insert.bind(5, account.is_team ? "team" : "personal").bind(6, account.name);
  if (account.external_id.empty())
    insert.bind(3, std::nullopt);
  else
    insert.bind(3, account.external_id);
  insert.bind(4, base::to_micros(at)).run();
}

void put_seat(sql::OperatorTx& tx, base::AccountId account, base::UserId user, const Seat& seat,
              base::Instant at) {
  auto join = tx.prepare(
      "INSERT INTO memberships (account_id, user_id, role, source, created_at)"
      " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, user_id)"
      " DO UPDATE SET role = excluded.role, source = excluded.source");
  join.bind(1, account.text()).bind(2, user.text()).bind(3, role_name(seat.role));
  join.bind(4, source_name(seat.source)).bind(5, base::to_micros(at)).run();
}

void remove_synced_seats(sql::OperatorTx& tx, base::AccountId account) {
  tx.prepare("DELETE FROM memberships WHERE account_id = $1 AND source = 'synced'")
      .bind(1, account.text())
      .run();
}

void rename_account(sql::OperatorTx& tx, base::AccountId account, std::string_view name) {
  tx.prepare("UPDATE accounts SET name = $2 WHERE id = $1")
      .bind(1, account.text())
      .bind(2, name)
      .run();
}

bool remove_seat(sql::OperatorTx& tx, base::AccountId account, base::UserId user) {
  auto leave = tx.prepare("DELETE FROM memberships WHERE account_id = $1 AND user_id = $2");
  return leave.bind(1, account.text()).bind(2, user.text()).run() == 1;
}

std::optional<UserRow> find_user_by_email(sql::OperatorTx& tx, std::string_view folded) {
  return one_user("WHERE email_folded = $1", tx, folded);
}

std::optional<UserRow> find_user(sql::OperatorTx& tx, base::UserId user) {
  return one_user("WHERE id = $1", tx, user.text());
}

std::optional<UserRow> find_external_user(sql::OperatorTx& tx, std::string_view external_id) {
  return one_user("WHERE external_id = $1 AND provider = 'makerkit'", tx, external_id);
}

OperatorRole operator_role_at(const sql::Statement& row, int column) {
  if (row.is_null(column)) return OperatorRole::none;
  return parse_operator_role(row.text(column)).value_or(OperatorRole::none);
}

std::optional<base::UserId> find_owner(sql::OperatorTx& tx, base::AccountId account) {
  auto select = tx.prepare(
      "SELECT user_id FROM memberships WHERE account_id = $1 AND role = 'owner'"
      " ORDER BY created_at, user_id LIMIT 1");
  select.bind(1, account.text());
  if (!select.step()) return std::nullopt;
  return base::UserId::parse(select.text(0));
}

std::vector<AccountView> accounts_of(sql::OperatorTx& tx, base::UserId user) {
  auto select = tx.prepare(std::string(kAccountColumns) +
                           " WHERE m.user_id = $1 ORDER BY a.kind, a.created_at, a.id");
  select.bind(1, user.text());
  std::vector<AccountView> accounts;
  while (select.step()) {
    accounts.push_back(account_at(select));
  }
  return accounts;
}

std::optional<AccountView> find_own_account(sql::OperatorTx& tx, base::UserId user,
                                            std::string_view named) {
  auto select = tx.prepare(std::string(kAccountColumns) +
                           " WHERE m.user_id = $1 AND (a.id = $2 OR a.external_id = $2)");
  select.bind(1, user.text()).bind(2, named);
  if (!select.step()) return std::nullopt;
  return account_at(select);
}

std::optional<base::AccountId> find_account_by_external_id(sql::OperatorTx& tx,
                                                           std::string_view external_id) {
  auto select = tx.prepare("SELECT id FROM accounts WHERE external_id = $1");
  if (!select.bind(1, external_id).step()) return std::nullopt;
  return base::AccountId::parse(select.text(0));
}

std::vector<ClaimedAccount> claimed_seats(sql::OperatorTx& tx, base::UserId user) {
  auto select = tx.prepare(std::string(kAccountColumns) +
                           " WHERE m.user_id = $1 AND m.source = 'claim' ORDER BY a.external_id");
  select.bind(1, user.text());
  std::vector<ClaimedAccount> seats;
  while (select.step())
    seats.push_back({.id = std::string(select.text(2)), .role = role_at(select, 3)});
  return seats;
}

void remove_claimed_seats(sql::OperatorTx& tx, base::UserId user) {
  tx.prepare("DELETE FROM memberships WHERE user_id = $1 AND source = 'claim'")
      .bind(1, user.text())
      .run();
}

void set_external_email(sql::OperatorTx& tx, base::UserId user, std::string_view email) {
  tx.prepare("UPDATE users SET email = $2 WHERE id = $1").bind(1, user.text()).bind(2, email).run();
}

}  // namespace identity
