// The plan of an account: limits and storage follow it from the next request on.
#pragma once

#include <string_view>

#include "base/ids.hpp"
#include "sql/database.hpp"

namespace identity {

// In the caller's transaction. False when the account is on another plan than `from`. The caller
// forgets what is cached of the account after the commit (Authenticator::forget_account).
bool change_plan(sql::OperatorTx& tx, base::AccountId account, std::string_view from,
                 std::string_view to);

}  // namespace identity
