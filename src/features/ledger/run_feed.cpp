#include "features/ledger/run_feed.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "features/ledger/details.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/run_store.hpp"

namespace ledger {

namespace {

using Changed = std::set<std::pair<base::AccountId, base::RunId>>;

Hash read_hash(const sql::Statement& row, int column) {
  const auto bytes = row.blob(column);
  Hash hash{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
  return hash;
}

bool holds(sql::OperatorTx& tx, const JournalPlace& place) {
  if (place.sequence == 0) return true;
  auto row = tx.prepare("SELECT hash FROM journal WHERE sequence = $1");
  return row.bind(1, place.sequence).step() && hash_text(read_hash(row, 0)) == place.hash;
}

// Reads on from `place` and moves it.
Changed read_entries(sql::OperatorTx& tx, JournalPlace& place, std::int64_t most) {
  Changed changed;
  Hash last{};
  auto rows = tx.prepare(
      "SELECT sequence, hash, account_id, run_id, details "
      "FROM journal WHERE sequence > $1 "
      "ORDER BY sequence LIMIT $2");
  rows.bind(1, place.sequence).bind(2, most);
  while (rows.step()) {
    place.sequence = rows.integer(0);
    last = read_hash(rows, 1);
    if (rows.is_null(3)) continue;
    const auto account = base::AccountId::parse(rows.text(2)).value();
    changed.emplace(account, base::RunId::parse(rows.text(3)).value());
    if (const auto details = parse_run_details(rows.text(4)))
      for (const auto& absorbed : details->absorbs) changed.emplace(account, absorbed);
  }
  if (last != Hash{}) place.hash = hash_text(last);
  return changed;
}

}  // namespace

base::Task<base::Result<RunChanges>> changed_runs(sql::Database& database, JournalPlace from,
                                                  std::int64_t most) {
  std::move_only_function<base::Result<RunChanges>(sql::OperatorTx&)> work =
      [place = std::move(from), most](sql::OperatorTx& tx) mutable -> base::Result<RunChanges> {
    if (!holds(tx, place))
      return base::fail(base::ErrorCode::conflict, "journal_changed",
                        "The journal is not the one that was followed.");
    RunChanges changes;
    for (const auto& [account, id] : read_entries(tx, place, most)) {
      auto narrowed = tx.for_account(account);
      changes.runs.push_back({account, id, find_run(narrowed, id)});
    }
    changes.place = std::move(place);
    return changes;
  };
  auto changes = co_await database.read_operator<RunChanges>(std::move(work));
  co_return changes;
}

}  // namespace ledger
