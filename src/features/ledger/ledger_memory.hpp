// What the writer remembers of the ledger from one transaction to the next (sql::Connection says
// when it forgets), so that it need not read what it wrote itself.
#pragma once

#include <optional>

#include "features/ledger/journal.hpp"

namespace ledger {

struct LedgerMemory {
  std::optional<ChainEnd> end;  // of the journal
};

}  // namespace ledger
