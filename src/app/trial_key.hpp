// Trial time is given once to a person, not once to an account.
#pragma once

#include <string>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "sql/database.hpp"

namespace app {

// Business key of the trial grant: a pseudonym of the owner's e-mail address (without case), else
// of the identity that an external issuer gave. It stays in the journal when the account is
// deleted.
[[nodiscard]] std::string trial_key(sql::OperatorTx& tx, base::Random& random,
                                    base::AccountId account);

}  // namespace app
