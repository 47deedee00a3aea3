// What the writer remembers of the ledger from one transaction to the next (sql::Connection says
// when it forgets), so that it need not read what it wrote itself.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "features/ledger/journal.hpp"
#include "features/ledger/low_balance_store.hpp"
#include "features/ledger/purse.hpp"
#include "features/ledger/run.hpp"

namespace ledger {

// An account of which an entry was posted.
struct KnownAccount {
  Purse purse{};
  ArmedLevels armed{};
  base::Instant from = base::Instant::max();  // every run that ends then or later is in `runs`
  std::vector<StoredRun> runs{};              // by end
  // A live run without a row of its own: it counts what the run of the same id counts. The empty
  // id: none that is known to be one.
  base::RunId counted{};
};

struct LedgerMemory {
  std::optional<ChainEnd> end{};  // of the journal
  // The poster reads them and keeps the purses, the settlement the runs, the service what is armed.
  std::unordered_map<base::AccountId, KnownAccount> accounts{};
};

}  // namespace ledger
