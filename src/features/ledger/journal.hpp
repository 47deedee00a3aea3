// The append-only journal: rows, canonical bytes and the hash chain.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "features/ledger/entry.hpp"
#include "features/ledger/sha256.hpp"
#include "sql/database.hpp"

namespace ledger {

// What an entry's hash is taken over: every field but the hash itself, each
// preceded by its length (docs/ledger-journal.md).
[[nodiscard]] std::string canonical_bytes(const Entry& entry);
[[nodiscard]] Hash hash_of(const Entry& entry);

struct ChainEnd {
  std::int64_t sequence = 0;
  Hash hash{};
};
[[nodiscard]] ChainEnd load_chain_end(sql::OperatorTx& tx);
// The amount that was posted under a business key of anything but a run.
[[nodiscard]] std::optional<base::Millis> find_posted(sql::OperatorTx& tx, std::string_view key);
// The business key of a charge that describes its run: of the run, its span and the grant. Not
// stored, since the rest of the row says it; nullopt: the entry is none of that kind.
[[nodiscard]] std::optional<std::string> charge_key(const Entry& entry);

// Where an account finds an entry again.
struct EntryPlace {
  std::int64_t before = 0;  // sequence of the account's entry before it; 0: none
  // In the index over accounts, as an account's first entry always is. Others made an open run
  // longer and nothing else: the last of them is the run's last_entry.
  bool is_listed = true;
};
void insert_entry(sql::OperatorTx& tx, const Entry& entry, const EntryPlace& place);
// Sequence of the account's last entry; 0: none.
[[nodiscard]] std::int64_t find_last_entry(sql::AccountTx& tx);

// Columns of the journal in the order read_entry() wants.
inline constexpr std::string_view kEntryColumns =
    "sequence, at, kind, account_id, grant_id, run_id, amount_ms, from_bucket, "
    "to_bucket, "
    "available_after_ms, business_key, tariff, reason, actor, details, "
    "previous_hash, hash";
inline constexpr int kEntryColumnCount = 17;
// Throws sql::SqlError when a column holds what no version of this program
// writes.
[[nodiscard]] Entry read_entry(const sql::Statement& row);

}  // namespace ledger
