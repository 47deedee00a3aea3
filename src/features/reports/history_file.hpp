// The usage history of all accounts in one DuckDB file, which can be rebuilt from the ledger but
// for the activity. One thread; no text of a user becomes SQL.
#pragma once

#include <span>
#include <string>

#include "duck/connection.hpp"
#include "features/ledger/run_feed.hpp"
#include "features/reports/activity.hpp"
#include "features/reports/usage.hpp"

namespace reports {

class HistoryFile {
 public:
  // Creates it when it is missing.
  static base::Result<HistoryFile> open(const std::string& path, std::int64_t memory_mb);

  // Up to where of the journal its runs are.
  [[nodiscard]] ledger::JournalPlace place() const { return place_; }
  // The changed runs and the new place, together.
  base::Result<void> follow(const ledger::RunChanges& changes);
  base::Result<void> add(std::span<const ActivityRow> rows);
  base::Result<std::int64_t> count_runs();
  // No run and the journal's beginning; activity stays.
  base::Result<void> forget_runs();
  base::Result<void> forget_before(base::Instant cutoff);
  // `invalid` for a time zone that does not exist.
  base::Result<std::vector<UsageRow>> usage(const UsageQuery& query);

 private:
  explicit HistoryFile(duck::Connection connection) : connection_(std::move(connection)) {}
  base::Result<void> make_tables();
  // `work` in one transaction.
  template <class Work>
  base::Result<void> in_transaction(Work work);
  base::Result<void> remove_runs(const ledger::RunChanges& changes);
  base::Result<void> append_runs(const ledger::RunChanges& changes);
  base::Result<void> save_place(const ledger::JournalPlace& place);
  base::Result<std::vector<UsageRow>> periods(const UsageQuery& query);
  base::Result<std::vector<UsageRow>> groups(const UsageQuery& query);

  duck::Connection connection_;
  ledger::JournalPlace place_;
};

}  // namespace reports
