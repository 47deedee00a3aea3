#include "features/ledger/entry_store.hpp"

#include <ranges>
#include <string>

#include "features/ledger/journal.hpp"

namespace ledger {

namespace {

// The first entry in the index that is at `sequence` or later, else the account's last: all earlier
// ones are behind it, one after the other.
std::int64_t find_entry_from(sql::AccountTx& tx, std::int64_t sequence) {
  auto row = tx.prepare(
      "SELECT min(sequence) FROM journal WHERE account_id = $1 AND listed = 1 AND sequence >= $2");
  if (row.bind(2, sequence).step() && !row.is_null(0)) return row.integer(0);
  return find_last_entry(tx);
}

// Sequence of the account's entry before it; 0: none.
std::int64_t read_at(sql::AccountTx& tx, std::int64_t sequence,
                     const std::function<void(const sql::Statement&)>& take) {
  static const std::string kText = "SELECT " + std::string{kEntryColumns} +
                                   ", before FROM journal WHERE account_id = $1 AND sequence = $2";
  auto row = tx.prepare(kText);
  if (!row.bind(2, sequence).step())
    throw sql::SqlError("journal: entry " + std::to_string(sequence) + " of " +
                        tx.account().text() + " is not there");
  take(row);
  return row.integer(kEntryColumnCount);
}

}  // namespace

std::vector<Entry> list_entries(sql::AccountTx& tx, const EntryFilter& filter) {
  std::vector<Entry> entries;
  const auto from = base::to_micros(filter.from);
  const auto to = base::to_micros(filter.to);
  const auto keep = [&](const sql::Statement& row) {
    if (row.integer(0) < filter.before && row.integer(1) >= from && row.integer(1) < to)
      entries.push_back(read_entry(row));
  };
  auto next = find_entry_from(tx, filter.before);
  while (next != 0 && static_cast<std::int64_t>(entries.size()) < filter.limit)
    next = read_at(tx, next, keep);
  return entries;
}

void each_entry(sql::AccountTx& tx, const std::function<void(const Entry&)>& take) {
  std::vector<std::int64_t> newest_first;
  for (auto next = find_last_entry(tx); next != 0;
       next = read_at(tx, next, [](const sql::Statement&) {}))
    newest_first.push_back(next);
  for (const auto sequence : std::views::reverse(newest_first))
    read_at(tx, sequence, [&](const sql::Statement& row) { take(read_entry(row)); });
}

void each_entry(sql::OperatorTx& tx, const std::function<void(const Entry&)>& take) {
  static const std::string kText =
      "SELECT " + std::string{kEntryColumns} + " FROM journal ORDER BY sequence";
  auto rows = tx.prepare(kText);
  while (rows.step()) take(read_entry(rows));
}

}  // namespace ledger
