// The part of IdentityService that the command line and --demo use: accounts made by an operator.
#include "features/identity/account_creation.hpp"
#include "features/identity/account_store.hpp"
#include "features/identity/audit_store.hpp"
#include "features/identity/email.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/identity_service.hpp"
#include "features/identity/invalid_field.hpp"
#include "features/identity/password_rules.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/session_store.hpp"

namespace identity {
namespace {

struct Saved {
  MadeAccount account;
  bool made = false;
};

// Who made an account or an operator, and when: the command line has no other name.
void audit_saved(sql::OperatorTx& tx, IdentityParts& parts, const AccountDraft& draft,
                 base::AccountId account, base::Instant now) {
  parts.audit.append(
      tx, {.at = now,
           .actor = "cli",
           .action = draft.operator_role == OperatorRole::none ? "account_saved" : "operator_saved",
           .account = account.text(),
           .target = account.text(),
           .reason = std::string(role_name(draft.operator_role))});
}

base::Result<Saved> save_in(sql::OperatorTx& tx, IdentityParts& parts, const AccountDraft& draft,
                            bool may_reset, base::Instant now) {
  auto known = may_reset ? find_user_by_email(tx, *draft.email_folded) : std::nullopt;
  if (!known) {
    RL_TRY(auto made, make_account(tx, parts, draft, now));
    audit_saved(tx, parts, draft, made.account.id, now);
    return Saved{.account = std::move(made), .made = true};
  }
  auto accounts = accounts_of(tx, known->view.id);
  if (accounts.empty()) return base::fail_internal("a user without an account");
  set_password(tx, known->view.id, *draft.password_hash, draft.operator_role);
  end_sessions(tx, known->view.id);
  audit_saved(tx, parts, draft, accounts.front().id, now);
  return Saved{.account = {.user = std::move(known->view), .account = std::move(accounts.front())},
               .made = false};
}

}  // namespace

base::Task<base::Result<CreatedAccount>> IdentityService::create_account(NewAccount account) {
  auto created = co_await save_account(std::move(account), false);
  co_return created;
}

base::Task<base::Result<CreatedAccount>> IdentityService::create_or_reset(NewAccount account) {
  auto created = co_await save_account(std::move(account), true);
  co_return created;
}

base::Task<base::Result<CreatedAccount>> IdentityService::save_account(NewAccount account,
                                                                       bool may_reset) {
  const auto email = parse_email(account.email);
  if (!email) co_return invalid_field("email", email.error());
  std::string password = account.password ? *account.password : make_secret(parts_->random);
  if (auto fault = password_fault(password)) co_return invalid_field("password", std::move(*fault));
  auto hash = co_await parts_->passwords.hash(password);
  if (!hash) co_return std::unexpected(std::move(hash.error()));
  const auto now = parts_->clock.now();
  const AccountDraft draft{
      .email = email->shown,
      .email_folded = email->folded,
      .password_hash = std::move(*hash),
      .external_id = {},
      .operator_role = account.is_operator ? account.operator_role : OperatorRole::none,
      .email_verified = true,
      .with_trial = !account.is_operator};
  auto saved = co_await parts_->database.write_operator<Saved>(
      [&](sql::OperatorTx& tx) { return save_in(tx, *parts_, draft, may_reset, now); });
  if (!saved) co_return std::unexpected(std::move(saved.error()));
  const auto id = saved->account.account.id;
  parts_->cache.revoke_account(id);
  parts_->log.info(
      "account_saved",
      {{"account", id.text()}, {"made", saved->made}, {"operator", account.is_operator}});
  if (saved->made && parts_->hooks.account_ready) parts_->hooks.account_ready(id);
  co_return CreatedAccount{.user = saved->account.user.id,
                           .account = id,
                           .email = email->shown,
                           .password = std::move(password)};
}

}  // namespace identity
