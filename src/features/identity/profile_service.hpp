// A signed-in person's own things: password, address, sessions, second factor, and leaving. What
// matters asks for the password again, because a session may be somebody else's for a minute.
#pragma once

#include <string>
#include <vector>

#include "base/task.hpp"
#include "features/identity/identity_parts.hpp"
#include "features/identity/password_check.hpp"
#include "features/identity/session_store.hpp"

namespace identity {

struct NewFactor {
  std::string secret;  // base32
  std::string uri;     // for a QR code
};

class ProfileService {
 public:
  explicit ProfileService(IdentityParts& parts) : parts_(parts) {}

  // Ends every other session.
  base::Task<base::Result<void>> change_password(http::Caller caller, Proof proof,
                                                 std::string password);
  // Sends a link to the new address; nothing changes until it is used.
  base::Task<base::Result<void>> change_email(http::Caller caller, Proof proof, std::string email);

  // Newest first.
  base::Task<base::Result<std::vector<SessionEntry>>> sessions(http::Caller caller);
  // What this user did and was refused, newest first, however the filter names an actor.
  base::Task<base::Result<std::vector<AuditEntry>>> security_log(http::Caller caller,
                                                                 AuditFilter filter);
  // `not_found` when it is not the caller's.
  base::Task<base::Result<void>> end_session(http::Caller caller, base::SessionId session);
  base::Task<base::Result<void>> end_all_sessions(http::Caller caller);

  // Shows a secret; it counts only after confirm_factor. `conflict` when a factor is on.
  base::Task<base::Result<NewFactor>> start_factor(http::Caller caller, Proof proof);
  // Ten recovery codes, shown once. `unauthenticated`, second_factor_wrong.
  base::Task<base::Result<std::vector<std::string>>> confirm_factor(http::Caller caller,
                                                                    std::string code);
  base::Task<base::Result<void>> stop_factor(http::Caller caller, Proof proof);

  // The person goes: name, password, sessions, keys, and, where nobody else holds it, the account's
  // data. The ledger stays, under an id that leads to nobody. `conflict` while a team has no other
  // owner.
  base::Task<base::Result<void>> delete_user(http::Caller caller, Proof proof);

 private:
  IdentityParts& parts_;
};

}  // namespace identity
