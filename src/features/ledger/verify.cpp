#include "features/ledger/verify.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "features/ledger/account_links.hpp"
#include "features/ledger/chain.hpp"
#include "features/ledger/fold.hpp"
#include "features/ledger/table_text.hpp"
#include "features/ledger/verify_tables.hpp"

namespace ledger {

namespace {

void note(VerifyReport& report, std::string fault) {
  if (report.faults.size() < kMaxFaults) report.faults.push_back(std::move(fault));
}

std::string readable(std::string text) {
  std::ranges::replace(text, '\x1f', ' ');
  std::ranges::replace(text, '\x01', '-');
  return text;
}

void add_to(Hash& state, std::string_view text) {
  std::string bytes{reinterpret_cast<const char*>(state.data()), state.size()};
  state = sha256(bytes.append(text));
}

// Shorter keys first: numbers and ids alike come in the order of their columns.
bool before(std::string_view a, std::string_view b) {
  return a.size() == b.size() ? a < b : a.size() < b.size();
}

void check_place(const sql::Statement& row, const EntryPlace& place, VerifyReport& report) {
  const auto before = row.integer(kEntryColumnCount);
  const auto listed = row.integer(kEntryColumnCount + 1);
  if (before != place.before)
    note(report, fmt::format("journal entry {}: the entry before it is {}, it says {}",
                             row.integer(0), place.before, before));
  if (listed != std::int64_t{place.is_listed})
    note(report, fmt::format("journal entry {}: is in the index or not, it says {}", row.integer(0),
                             listed));
  if (before == 0 && listed == 0)
    note(report, fmt::format("journal entry {}: is its account's first and not in the index",
                             row.integer(0)));
}

// False when the journal itself is broken: what it folds to means nothing then,
// but every broken entry is named.
bool fold_journal(sql::OperatorTx& tx, Fold& fold, VerifyReport& report) {
  auto rows = tx.prepare(
      fmt::format("SELECT {}, before, listed FROM journal ORDER BY sequence", kEntryColumns));
  Chain chain;
  AccountLinks links;
  while (rows.step()) {
    ++report.entries;
    try {
      const auto entry = read_entry(rows);
      report.chain_end = entry.hash;
      if (auto fault = chain.follow(entry)) {
        note(report, std::move(*fault));
      } else if (report.faults.empty()) {
        if (const auto applied = fold.apply(entry); !applied) note(report, applied.error().detail);
        check_place(rows, links.follow(entry, rows.integer(kEntryColumnCount + 1) == 1), report);
      }
    } catch (const sql::SqlError& unreadable) {
      note(report, fmt::format("journal entry {}: {}", rows.integer(0), unreadable.what()));
      chain.skip(rows.integer(0));
    }
  }
  if (report.faults.empty())
    for (auto& fault : links.lost(fold)) note(report, std::move(fault));
  return report.faults.empty();
}

// No index looks at these (migrations/0012_journal_keys.sql). Those that are made of the entry
// (charge_key()) are new as long as the run grows, which the fold looks at.
void check_run_keys(sql::OperatorTx& tx, VerifyReport& report) {
  auto rows = tx.prepare(
      "SELECT max(sequence), business_key FROM journal WHERE kind IN ('run_charged', "
      "'run_recorded', 'run_reassigned') AND business_key <> '' "
      "GROUP BY business_key HAVING count(*) > 1 ORDER BY 1");
  while (rows.step())
    note(report, fmt::format("journal entry {}: its business key {} was used before",
                             rows.integer(0), readable(std::string{rows.text(1)})));
}

// Both sides come in the order of their keys.
void compare(sql::OperatorTx& tx, const TableShape& shape, const Fold& fold, VerifyReport& report) {
  StoredRows stored(tx, shape);
  bool more = stored.next();
  const auto unknown = [&] {
    note(report,
         fmt::format("{} {}: the journal knows no such row", shape.name, readable(stored.key())));
    more = stored.next();
  };
  add_to(report.state_hash, shape.name);
  (fold.*shape.each)([&](std::string_view key, std::string_view row) {
    add_to(report.state_hash, row);
    while (more && before(stored.key(), key)) unknown();
    if (!more || stored.key() != key)
      return note(report,
                  fmt::format("{} {}: the row is missing", shape.name, readable(std::string{key})));
    if (stored.row() != row)
      note(report, fmt::format("{} {}: the table says [{}], the journal says [{}]", shape.name,
                               readable(std::string{key}), readable(stored.row()),
                               readable(std::string{row})));
    more = stored.next();
  });
  while (more) unknown();
}

void count(VerifyReport& report, const Fold& fold) {
  report.accounts = static_cast<std::int64_t>(fold.accounts());
  report.grants = static_cast<std::int64_t>(fold.grants().size());
  report.runs = static_cast<std::int64_t>(fold.runs().size());
  const auto totals = fold.totals();
  report.issued = totals.issued;
  report.available = totals.available;
  report.held = totals.held;
  report.consumed = totals.consumed;
  report.expired = totals.expired;
  report.revoked = totals.revoked;
}

}  // namespace

VerifyReport verify_tables(sql::OperatorTx& tx) {
  VerifyReport report;
  Fold fold;
  if (!fold_journal(tx, fold, report)) return report;
  check_run_keys(tx, report);
  for (const auto& shape : table_shapes()) compare(tx, shape, fold, report);
  count(report, fold);
  report.ok = report.faults.empty();
  return report;
}

}  // namespace ledger
