// Turns a request's credential into a Caller: `rl_session` cookie or `Authorization: Bearer` with a
// token or an API key.
//   switch (auth.try_cached(exchange.request, exchange.caller).state) { … }
// The fast half answers from memory: one scan of the headers, one hash of the whole token, one
// compare; nothing is allocated. The slow half verifies the token on the loop and asks the store.
// Thread-safe. Lives as long as its IdentityService.
//
// A request may name one of its user's accounts in `Redline-Account`; without it, it acts for the
// account of the session, which for external users is the personal one.
//
// Refused at once (`unauthenticated`): two credentials, a credential in the query string, a scheme
// other than Bearer, a token over 8 KiB. Routes with Access::open need not ask at all: a stale
// cookie must not keep anybody from signing in.
#pragma once

#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "base/task.hpp"
#include "features/identity/identity_options.hpp"
#include "http/exchange.hpp"

namespace identity {

struct IdentityParts;
struct SessionRow;

enum class CacheState : std::uint8_t { no_credential, hit, miss, refused };

struct CacheOutcome {
  CacheState state = CacheState::no_credential;
  std::optional<base::Error> error{};  // of `refused`
};

class Authenticator {
 public:
  // A credential as sent, kept while lanes are awaited.
  struct Sent {
    std::string token;
    std::string account;  // named in a header, or empty
    http::Credential kind = http::Credential::bearer;
    base::Instant now;
  };

  explicit Authenticator(IdentityParts& parts) : parts_(parts) {}

  // Synchronous. On `hit` the caller is filled; otherwise it is left alone. Uses request.arrived
  // as now. On `miss` call authenticate().
  [[nodiscard]] CacheOutcome try_cached(const http::Request& request, http::Caller& caller) const;

  // Verifies the credential and, when it is good, remembers it. The first good external token of a
  // user makes the account. Errors: unauthenticated with reason `unauthenticated` (no or doubtful
  // credential), `token_expired` or `token_invalid`; overloaded; internal.
  base::Task<base::Result<http::Caller>> authenticate(http::Exchange& exchange);

  // The credential that let the request in, to be looked at again at `now`.
  [[nodiscard]] static Sent sent_by(const http::Request& request, base::Instant now);
  // Is it still good? As authenticate(), from memory when that is fresh.
  base::Task<base::Result<http::Caller>> look_again(Sent sent);

  // For every route that needs a caller, after the caller is known: unsafe methods of cookie
  // callers need the X-CSRF-Token of GET /v1/session; else `forbidden`, reason `csrf_invalid`. Safe
  // methods and bearer callers pass.
  [[nodiscard]] base::Result<void> check_csrf(const http::Request& request,
                                              const http::Caller& caller) const;

  // For every exchange, after its answer: what was forbidden, and whatever an operator did or
  // looked at, goes to the audit log. Costs nothing otherwise.
  void note_outcome(const http::Exchange& exchange);

  // Plan, role or membership of the account changed: what is cached of it is looked up again.
  void forget_account(base::AccountId account);

 private:
  // A credential that was looked up, on its way into the cache.
  struct Checked {
    http::Caller caller;
    std::uint64_t session_tag = 0;
  };
  base::Task<base::Result<http::Caller>> verify(Sent sent);
  base::Task<base::Result<Checked>> look_up(const Sent& sent);
  base::Task<base::Result<Checked>> by_cookie(const Sent& sent);
  base::Task<base::Result<Checked>> by_key(const Sent& sent);
  base::Task<base::Result<Checked>> by_bearer(const Sent& sent);
  base::Task<base::Result<Checked>> by_own_token(const Sent& sent, boost::json::object claims);
  base::Task<base::Result<Checked>> by_external_token(const Sent& sent, boost::json::object claims);
  [[nodiscard]] base::Result<Checked> by_session(sql::OperatorTx& tx,
                                                 const std::optional<SessionRow>& session,
                                                 base::Instant token_end, const Sent& sent) const;
  IdentityParts& parts_;
};

}  // namespace identity
