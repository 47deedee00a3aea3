// Keeps the history file up with the ledger and the activity table. One thread, which may wait for
// the disk: the history's own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "features/reports/activity.hpp"
#include "features/reports/history_file.hpp"
#include "sql/database.hpp"

namespace reports {

struct HistoryOptions {
  std::string path;  // of the DuckDB file
  std::int64_t memory_mb = 128;
  std::chrono::days retention{730};
  base::Micros interval{15'000'000};  // from one look at the ledger to the next
  std::size_t max_waiting = 64;       // reports that wait for the lane
};

class HistoryFollower {
 public:
  // All outlive it.
  HistoryFollower(HistoryOptions options, sql::Database& database, const base::Clock& clock,
                  ActivityTable& activity);
  // Writes what has happened since the last look. Opens the file when it is not; after an error it
  // is closed, so that the next look starts afresh. Activity that cannot be written is dropped.
  base::Result<void> look();
  // The runs once more, from the journal's beginning. A file that cannot be opened is set aside
  // under another name; its activity is lost.
  base::Result<void> rebuild();
  // `overloaded` ("history_unavailable") while there is no file.
  base::Result<UsageReport> usage(const UsageQuery& query);
  [[nodiscard]] base::Result<std::int64_t> count_runs();
  // What the ledger said until then is in the file; the epoch before the first look.
  [[nodiscard]] base::Instant as_of() const { return as_of_; }

 private:
  base::Result<void> open();
  base::Result<void> write(base::Instant now);
  base::Result<void> follow(base::Instant now);
  base::Result<void> forget_old(base::Instant now);

  HistoryOptions options_;
  sql::Database& database_;
  const base::Clock& clock_;
  ActivityTable& activity_;
  std::optional<HistoryFile> file_{};
  base::Instant as_of_{};
  base::Instant forgot_at_{};
};

}  // namespace reports
