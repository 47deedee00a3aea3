// SQL over changes of address that wait for their confirmations: one a user, the newest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "sql/database.hpp"

namespace identity {

enum class AskOldAddress : std::uint8_t { no, yes };

struct EmailChangeTokens {
  std::string for_new;
  std::optional<std::string> for_old;
};
// Replaces an earlier change that waits.
EmailChangeTokens put_email_change(sql::OperatorTx& tx, base::Random& random, base::UserId user,
                                   std::string_view email, AskOldAddress ask,
                                   base::Instant expires_at);

struct EmailChange {
  base::UserId user;
  std::string email;
  bool waits_for_new = false;
  bool waits_for_old = false;
};
// Takes one confirmation; the change is removed with the last one. nullopt: no such token any more.
std::optional<EmailChange> confirm_email_change(sql::OperatorTx& tx, std::string_view token,
                                                base::Instant now);
void remove_email_change(sql::OperatorTx& tx, base::UserId user);
std::int64_t remove_expired_changes(sql::OperatorTx& tx, base::Instant now);

}  // namespace identity
