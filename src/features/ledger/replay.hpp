// A journal's export brought back into an empty store.
#pragma once

#include <istream>

#include "features/ledger/verify.hpp"
#include "sql/database.hpp"

namespace ledger {

// Inside one write transaction: all of it or nothing. `conflict` when the store
// has a journal; `invalid` with every fault of the file in the message.
[[nodiscard]] base::Result<VerifyReport> replay_export(sql::OperatorTx& tx, std::istream& in);

}  // namespace ledger
