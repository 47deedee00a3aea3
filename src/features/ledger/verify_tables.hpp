// The work behind LedgerService::verify(), inside one read transaction.
#pragma once

#include "features/ledger/verify.hpp"
#include "sql/database.hpp"

namespace ledger {

[[nodiscard]] VerifyReport verify_tables(sql::OperatorTx& tx);

}  // namespace ledger
