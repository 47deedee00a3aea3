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
void insert_entry(sql::OperatorTx& tx, const Entry& entry);

// Columns of the journal in the order read_entry() wants.
inline constexpr std::string_view kEntryColumns =
    "sequence, at, kind, account_id, grant_id, run_id, amount_ms, from_bucket, "
    "to_bucket, "
    "available_after_ms, business_key, tariff, reason, actor, details, "
    "previous_hash, hash";
// Throws sql::SqlError when a column holds what no version of this program
// writes.
[[nodiscard]] Entry read_entry(const sql::Statement& row);

}  // namespace ledger
