#include "features/ledger/entry_store.hpp"

#include <string>

#include "features/ledger/journal.hpp"

namespace ledger {

std::vector<Entry> list_entries(sql::AccountTx& tx, const EntryFilter& filter) {
  static const std::string kText = "SELECT " + std::string{kEntryColumns} +
                                   " FROM journal WHERE account_id = $1 AND "
                                   "sequence < $2 AND at >= $3 AND at < $4 "
                                   "ORDER BY sequence DESC LIMIT $5";
  auto rows = tx.prepare(kText);
  rows.bind(2, filter.before)
      .bind(3, base::to_micros(filter.from))
      .bind(4, base::to_micros(filter.to))
      .bind(5, filter.limit);
  std::vector<Entry> entries;
  while (rows.step()) entries.push_back(read_entry(rows));
  return entries;
}

void each_entry(sql::AccountTx& tx, const std::function<void(const Entry&)>& take) {
  static const std::string kText = "SELECT " + std::string{kEntryColumns} +
                                   " FROM journal WHERE account_id = $1 ORDER BY sequence";
  auto rows = tx.prepare(kText);
  while (rows.step()) take(read_entry(rows));
}

void each_entry(sql::OperatorTx& tx, const std::function<void(const Entry&)>& take) {
  static const std::string kText =
      "SELECT " + std::string{kEntryColumns} + " FROM journal ORDER BY sequence";
  auto rows = tx.prepare(kText);
  while (rows.step()) take(read_entry(rows));
}

}  // namespace ledger
