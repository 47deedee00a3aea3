// What "delete my account" removes, and what it leaves.
#pragma once

#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "features/identity/sealed.hpp"
#include "sql/database.hpp"

namespace identity {

// Name, address, password, second factor, sessions, keys and seats go; the row of the user and
// those of emptied accounts stay without anything that leads to a person, because the ledger names
// them. Gives the accounts that nobody holds any more. `conflict` while the user is the only owner
// of a team that has other members.
[[nodiscard]] base::Result<std::vector<base::AccountId>> forget_user(sql::OperatorTx& tx,
                                                                     const SealKey& key,
                                                                     base::UserId user,
                                                                     base::Instant now);
// Did a person of this mark have an account before, and leave?
[[nodiscard]] bool had_trial(sql::OperatorTx& tx, std::string_view mark);

}  // namespace identity
