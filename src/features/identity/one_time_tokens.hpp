// Secrets that go out by mail and work once. Stored by hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "sql/database.hpp"

namespace identity {

enum class TokenPurpose : std::uint8_t { verify_email, reset_password };

struct OneTimeToken {
  base::UserId user;
  std::string email;  // the one it was sent to, as shown
};

// Makes one and forgets earlier ones of the same user and purpose. Without a user nothing can be
// done with it: it is written all the same, so that asking for a stranger takes as long.
[[nodiscard]] std::string make_one_time_token(sql::OperatorTx& tx, base::Random& random,
                                              TokenPurpose purpose,
                                              const std::optional<OneTimeToken>& token,
                                              base::Instant expires_at);
// The token's content, which is then used up; nullopt when there is none that is still good.
[[nodiscard]] std::optional<OneTimeToken> take_one_time_token(sql::OperatorTx& tx,
                                                              TokenPurpose purpose,
                                                              std::string_view token,
                                                              base::Instant now);
void remove_one_time_tokens(sql::OperatorTx& tx, base::UserId user);
[[nodiscard]] std::int64_t remove_expired_tokens(sql::OperatorTx& tx, base::Instant now);

}  // namespace identity
