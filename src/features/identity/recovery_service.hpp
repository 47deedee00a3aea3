// What goes by mail: confirming an address, choosing a new password, changing the address. Without
// mail (IdentityHooks::queue_mail) asking is refused; tokens already out still work.
#pragma once

#include <cstdint>
#include <string>

#include "base/task.hpp"
#include "features/identity/identity_parts.hpp"

namespace identity {

enum class EmailConfirmed : std::uint8_t { changed, waits_for_new, waits_for_old };

class RecoveryService {
 public:
  explicit RecoveryService(IdentityParts& parts) : parts_(parts) {}

  // `gone`, reason token_used, when the token is unknown, used or too old: no more is said.
  base::Task<base::Result<void>> verify_email(std::string token);
  // The same answer and time whether the address is known or not.
  base::Task<base::Result<void>> forgot_password(std::string email);
  // Ends every session of the user; the address counts as confirmed.
  base::Task<base::Result<void>> reset_password(std::string token, std::string password);
  // One of the two confirmations of a new address. With the last one it becomes the user's, and the
  // old one is told. `conflict` when another account took it meanwhile.
  base::Task<base::Result<EmailConfirmed>> confirm_email(std::string token);

 private:
  IdentityParts& parts_;
};

[[nodiscard]] std::unexpected<base::Error> mail_is_off();

}  // namespace identity
