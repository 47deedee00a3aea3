// Accounts, sign-in, sessions and tokens. One method per use case; each owns its transaction.
// Thread-safe; the coroutines resume on the executor they were started on. Everything passed by
// reference to open() outlives the service; `random` must be thread-safe (SystemRandom).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/task.hpp"
#include "features/identity/api_key_service.hpp"
#include "features/identity/audit_trail.hpp"
#include "features/identity/authenticator.hpp"
#include "features/identity/identity_options.hpp"
#include "features/identity/identity_views.hpp"
#include "features/identity/jwks_source.hpp"
#include "features/identity/profile_service.hpp"
#include "features/identity/recovery_service.hpp"
#include "features/identity/team_service.hpp"
#include "http/caller.hpp"

namespace identity {

struct Credentials {
  std::string email;
  std::string password;
  std::optional<std::string> code{};  // of the second factor
  Visitor visitor{};
};

// A fresh sign-in. The three secrets exist only here and at the client; the store has hashes.
struct SignedIn {
  UserView user;
  AccountView account;
  std::string access_token;   // JWT, Ed25519
  std::string refresh_token;  // good once
  std::chrono::seconds expires_in{};
  std::string session_token;  // value of the cookie
  std::chrono::seconds session_ttl{};
};

struct SessionView {
  UserView user;
  AccountView account;
  std::vector<AccountView> accounts;
  const PlanOption* plan = nullptr;  // lives in the service's options
  bool second_factor = false;        // the user's sign-in asks for a code
};

struct NewAccount {
  std::string email;
  std::optional<std::string> password;  // nullopt: one is generated
  bool is_operator = false;
  OperatorRole operator_role = OperatorRole::admin;  // of an operator
};

struct CreatedAccount {
  base::UserId user;
  base::AccountId account;
  std::string email;
  std::string password;  // to be shown once
};

struct AccountDraft;

class IdentityService {
 public:
  // Makes or loads the signing key. `invalid` with fields for unusable options (weak secret,
  // placeholder, no plans), `internal` with detail when the keys folder is unusable.
  [[nodiscard]] static base::Result<std::unique_ptr<IdentityService>> open(
      IdentityOptions options, IdentityHooks hooks, sql::Database& database,
      const base::Clock& clock, base::Random& random, base::Log& log);
  ~IdentityService();

  [[nodiscard]] Authenticator& authenticator();
  [[nodiscard]] const IdentityOptions& options() const;

  // nullopt when sign-in waits for the link in a mail; then a known e-mail is answered alike, in
  // the same time, and its owner is told. Otherwise `conflict` for a known e-mail. `invalid`
  // (e-mail, password), `overloaded`.
  base::Task<base::Result<std::optional<SignedIn>>> register_account(Credentials credentials);
  // As prove_by_email(); `forbidden`, email_unverified, while the link in the mail was not used: a
  // new one goes out.
  base::Task<base::Result<SignedIn>> login(Credentials credentials);

  [[nodiscard]] ProfileService& profile() { return profile_; }
  [[nodiscard]] RecoveryService& recovery() { return recovery_; }
  [[nodiscard]] ApiKeyService& keys() { return keys_; }
  [[nodiscard]] TeamService& teams() { return teams_; }
  [[nodiscard]] AuditTrail& audit();
  // Gives a new pair for the same session. A refresh token used a second time ends the session.
  // `unauthenticated` with reason token_invalid or token_expired.
  base::Task<base::Result<SignedIn>> refresh(std::string refresh_token);
  // Ends the session of the caller: cookie, refresh and access tokens stop working at once. For an
  // external token its `session_id` goes on the deny list; `bearer` is the token as sent.
  base::Task<base::Result<void>> logout(http::Caller caller, std::string bearer);
  base::Task<base::Result<SessionView>> session(http::Caller caller);

  // For the command line and --demo. `conflict` when the e-mail is known.
  base::Task<base::Result<CreatedAccount>> create_account(NewAccount account);
  // The same, or for a known e-mail: sets password and role and ends every session of the user.
  base::Task<base::Result<CreatedAccount>> create_or_reset(NewAccount account);
  // An access token for the account's owner, with a session of its own (revocable). ttl is 1 s to
  // 30 days. `not_found` when there is no such account.
  base::Task<base::Result<std::string>> issue_token(base::AccountId account,
                                                    std::chrono::seconds ttl);
  // Removes sessions, refresh tokens and denials past their end; call it now and then. Returns how
  // many rows went.
  base::Task<base::Result<std::int64_t>> remove_expired();

  // {"keys":[…]}, as GET /.well-known/jwks.json answers.
  [[nodiscard]] const std::string& jwks() const;
  // The key set of the application beside us; nullopt when none is configured.
  [[nodiscard]] std::optional<JwksSource::Health> key_set_health() const;
  // Passwords hashed or checked since the start.
  [[nodiscard]] std::int64_t password_computations() const;
  // Renews that set ahead of its end; call it now and then, on a BackgroundLoop.
  base::Task<void> renew_keys();
  // The X-CSRF-Token that belongs to a session cookie.
  [[nodiscard]] static std::string csrf_token(std::string_view session_token);

 private:
  explicit IdentityService(std::unique_ptr<IdentityParts> parts);
  base::Task<base::Result<std::optional<SignedIn>>> register_at_once(const AccountDraft& draft,
                                                                     Visitor visitor);
  base::Task<base::Result<std::optional<SignedIn>>> register_with_mail(const AccountDraft& draft);
  base::Task<base::Result<void>> send_verification(UserView user);
  void announce(base::AccountId account);
  base::Task<base::Result<CreatedAccount>> save_account(NewAccount account, bool may_reset);
  std::unique_ptr<IdentityParts> parts_;
  Authenticator authenticator_;
  ProfileService profile_;
  RecoveryService recovery_;
  ApiKeyService keys_;
  TeamService teams_;
};

}  // namespace identity
