// What changed among the runs since a place of the journal: how history follows
// the ledger while the ledger does not know it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "features/ledger/run.hpp"
#include "sql/database.hpp"

namespace ledger {

// An entry of the journal; `hash` (hexadecimal) tells whether it is still the
// same journal.
struct JournalPlace {
  std::int64_t sequence = 0;  // 0: before the first entry
  std::string hash{};
  bool operator==(const JournalPlace&) const = default;
};

struct RunChange {
  base::AccountId account;
  base::RunId id;
  std::optional<StoredRun> run;  // as it is now; nullopt: it became part of another run
};

struct RunChanges {
  std::vector<RunChange> runs;  // each run once
  JournalPlace place;           // the last entry looked at
};

// Looks at no more than `most` entries after `from`; `place` is `from` when
// there are none. `conflict` ("journal_changed") when the journal does not hold
// `from`: a copy was restored.
base::Task<base::Result<RunChanges>> changed_runs(sql::Database& database, JournalPlace from,
                                                  std::int64_t most);

}  // namespace ledger
