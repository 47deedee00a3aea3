#include "features/identity/account_creation.hpp"

#include "features/identity/account_store.hpp"
#include "features/identity/forget_user.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/session_store.hpp"

namespace identity {

base::Result<MadeAccount> make_account(sql::OperatorTx& tx, IdentityParts& parts,
                                       const AccountDraft& draft, base::Instant now) {
  // A personal account has its user's number.
  const auto user_id = base::UserId::make(now, parts.random);
  MadeAccount made{
      .user = {.id = user_id,
               .email = draft.email,
               .email_verified = draft.email_verified,
               .operator_role = draft.operator_role},
      .account = {.id = base::AccountId{user_id.bits()},
                  .plan = parts.options.default_plan,
                  .external_id = draft.external_id},
  };
  NewUser user{.id = made.user.id,
               .email = draft.email,
               .email_folded = draft.email_folded,
               .password_hash = draft.password_hash,
               .external_id = std::nullopt,
               .operator_role = draft.operator_role,
               .email_verified = draft.email_verified,
               .at = now};
  if (!draft.external_id.empty()) user.external_id = draft.external_id;
  if (!insert_user(tx, user))
    return base::fail(base::ErrorCode::conflict, "conflict",
                      "There is already an account with this e-mail. Sign in instead.");
  insert_account(tx, made.account, now);
  put_seat(tx, made.account.id, made.user.id, {.role = Role::owner}, now);
  const auto name = draft.email_folded.value_or(draft.external_id);
  if (draft.with_trial && parts.hooks.account_created &&
      !had_trial(tx, keyed_mark(parts.seal_key, name)))
    RL_TRY_VOID(parts.hooks.account_created(tx, made.account.id, now));
  return made;
}

StartedSession start_session(sql::OperatorTx& tx, IdentityParts& parts, const Seated& who,
                             base::Instant now) {
  StartedSession started{.id = base::SessionId::make(now, parts.random),
                         .session_token = make_secret(parts.random),
                         .refresh_token = make_secret(parts.random),
                         .expires_at = now + parts.options.session_ttl};
  insert_session(tx, {.id = started.id,
                      .user = who.user,
                      .account = who.account,
                      .token_hash = hash_secret(started.session_token),
                      .created_at = now,
                      .expires_at = started.expires_at,
                      .address = who.visitor.address,
                      .agent = who.visitor.agent});
  insert_refresh_token(tx, hash_secret(started.refresh_token), started.id, now);
  return started;
}

}  // namespace identity
