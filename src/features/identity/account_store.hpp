// SQL over users, accounts and memberships. Whoever calls has no account yet (sign-in) or looks
// across accounts, hence OperatorTx.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "features/identity/identity_views.hpp"
#include "features/identity/jwt_claims.hpp"
#include "sql/database.hpp"

namespace identity {

constexpr std::string_view kProvider = "makerkit";

struct UserRow {
  UserView view;
  std::string password_hash;  // empty for users of external tokens
};

struct NewUser {
  base::UserId id;
  std::string email;
  std::optional<std::string> email_folded;
  std::optional<std::string> password_hash;
  std::optional<std::string> external_id;
  OperatorRole operator_role = OperatorRole::none;
  bool email_verified = false;
  base::Instant at;
};

// False when the e-mail or the external id is taken: nothing was written.
[[nodiscard]] bool insert_user(sql::OperatorTx& tx, const NewUser& user);
// Role and password of a user who signs in here.
void set_password(sql::OperatorTx& tx, base::UserId user, std::string_view password_hash,
                  OperatorRole operator_role);
void change_password_hash(sql::OperatorTx& tx, base::UserId user, std::string_view password_hash);
void set_email_verified(sql::OperatorTx& tx, base::UserId user);
// Of a user who signs in here; counts as confirmed.
void change_email(sql::OperatorTx& tx, base::UserId user, std::string_view shown,
                  std::string_view folded);
void insert_account(sql::OperatorTx& tx, const AccountView& account, base::Instant at);

// local: made here. synced: told by the application beside us. claim: read from a token, and gone
// when the next token lacks it.
enum class SeatSource : std::uint8_t { local, synced, claim };
struct Seat {
  Role role = Role::member;
  SeatSource source = SeatSource::local;
};
// Makes or changes a membership.
void put_seat(sql::OperatorTx& tx, base::AccountId account, base::UserId user, const Seat& seat,
              base::Instant at);
// All of an account's that were synced.
void remove_synced_seats(sql::OperatorTx& tx, base::AccountId account);
void rename_account(sql::OperatorTx& tx, base::AccountId account, std::string_view name);
bool remove_seat(sql::OperatorTx& tx, base::AccountId account, base::UserId user);

[[nodiscard]] std::optional<UserRow> find_user_by_email(sql::OperatorTx& tx,
                                                        std::string_view folded);
[[nodiscard]] std::optional<UserRow> find_user(sql::OperatorTx& tx, base::UserId user);
[[nodiscard]] std::optional<UserRow> find_external_user(sql::OperatorTx& tx,
                                                        std::string_view external_id);
[[nodiscard]] std::optional<base::UserId> find_owner(sql::OperatorTx& tx, base::AccountId account);
// The personal one first, then the teams, oldest first.
[[nodiscard]] std::vector<AccountView> accounts_of(sql::OperatorTx& tx, base::UserId user);
// `named`: our id or that of the application beside us. nullopt when the user has no seat there.
[[nodiscard]] std::optional<AccountView> find_own_account(sql::OperatorTx& tx, base::UserId user,
                                                          std::string_view named);
[[nodiscard]] std::optional<base::AccountId> find_account_by_external_id(
    sql::OperatorTx& tx, std::string_view external_id);
// The seats that came from tokens, by id.
[[nodiscard]] std::vector<ClaimedAccount> claimed_seats(sql::OperatorTx& tx, base::UserId user);
void remove_claimed_seats(sql::OperatorTx& tx, base::UserId user);
void set_external_email(sql::OperatorTx& tx, base::UserId user, std::string_view email);
[[nodiscard]] OperatorRole operator_role_at(const sql::Statement& row, int column);

}  // namespace identity
