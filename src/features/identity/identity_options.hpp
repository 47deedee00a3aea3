// What the identity feature is told at start-up. app fills it from the configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "features/identity/letters.hpp"
#include "sql/database.hpp"

namespace identity {

struct PlanOption {
  std::string id;                     // "free"
  std::string name;                   // "Free"
  std::vector<std::string> requests;  // "60/minute"
  std::int64_t trial_hours = 0;
  std::int64_t included_hours = 0;
  std::int64_t storage_mb = 0;
  std::int64_t max_upload_mb = 0;
  std::int64_t concurrent_queries = 0;
};

// Cost of one password check. The default is OWASP's argon2id setting; tests take less.
struct PasswordCost {
  std::uint64_t passes = 2;
  std::size_t memory_bytes = std::size_t{19} * 1024 * 1024;
  int threads = 2;             // checks at the same time
  std::size_t max_queue = 32;  // waiting ones; more are refused with `overloaded`
};

// The text behind a URL, or why not.
using FetchText = std::function<base::Task<base::Result<std::string>>(std::string url)>;

// Tokens of the application beside us (Supabase access tokens).
struct ExternalTokens {
  std::vector<std::string> hs256_secrets{};  // used as text; >= 32 bytes, no placeholder
  std::string jwks_url{};                    // key set of RS256, ES256 and EdDSA; empty: none
  std::string static_jwks{};                 // text of a key set that never changes; empty: none
  FetchText fetch{};                         // empty: fetch_key_set
  std::string issuer{};  // exact `iss`; empty: not checked, and no public keys then
  std::string audience = "authenticated";
  bool allow_anonymous = false;
};

struct IdentityOptions {
  std::string keys_folder;              // made with 0700 when missing; the signing key is 0600
  std::string issuer = "redline";       // `iss` of our own tokens
  std::vector<PlanOption> plans;        // Caller::plan is an index into it; never empty
  std::string public_url;               // in mails, without a slash at the end
  bool require_verified_email = false;  // sign-in waits for it; needs IdentityHooks::queue_mail
  std::string default_plan = "free";    // of new accounts; one of `plans`
  bool test_mode = false;               // shown by GET /v1/session
  bool secure_cookies = false;          // adds Secure; set it when served over TLS
  bool local_accounts = true;           // false: register and login answer `forbidden`
  std::chrono::seconds clock_skew{30};  // allowed for exp, nbf and iat of external tokens
  std::chrono::seconds access_ttl{900};
  std::chrono::seconds session_ttl{std::chrono::hours{24} * 30};
  // A cached credential is looked up again after this long: bounds how stale plan and role can be.
  std::chrono::seconds cache_ttl{60};
  PasswordCost password_cost;
  ExternalTokens external;
};

struct IdentityHooks {
  // Runs inside the transaction that makes the account, on the writer's thread: the trial grant.
  // An error rolls everything back. Not called for operators and anonymous users.
  std::function<base::Result<void>(sql::OperatorTx&, base::AccountId, base::Instant)>
      account_created;
  // Runs after that transaction is durable, on the executor of the request.
  std::function<void(base::AccountId)> account_ready;
  // Puts a mail into the outbox with the transaction that causes it. Empty: mail is off.
  std::function<void(sql::OperatorTx&, const Letter&, base::Instant)> queue_mail;
  // Nobody holds the account any more: inside the transaction that says so, on the writer's thread.
  std::function<void(sql::OperatorTx&, base::AccountId)> account_forgotten;
  // Nobody holds the account any more: its data can go. After the transaction, on the executor of
  // the request.
  std::function<void(base::AccountId)> account_emptied;
};

}  // namespace identity
