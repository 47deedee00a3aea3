// The mail that says that an account's time runs out.
#pragma once

#include <string>

#include "base/random.hpp"
#include "features/ledger/low_balance.hpp"
#include "sql/database.hpp"

namespace app {

// Queued for whoever may pay (owners and billing members with a confirmed address), in the
// transaction that found the balance low.
void mail_low_balance(sql::OperatorTx& tx, const ledger::LowBalance& warning,
                      const std::string& url, base::Random& random, base::Instant now);

}  // namespace app
