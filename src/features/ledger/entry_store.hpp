// The journal as one account sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "features/ledger/entry.hpp"
#include "sql/database.hpp"

namespace ledger {

struct EntryFilter {
  std::int64_t before = 0;  // sequences below
  base::Instant from;       // half-open
  base::Instant to;
  std::int64_t limit = 50;
};

// Newest first.
[[nodiscard]] std::vector<Entry> list_entries(sql::AccountTx& tx, const EntryFilter& filter);

// All entries of the account, oldest first.
void each_entry(sql::AccountTx& tx, const std::function<void(const Entry&)>& take);
// The whole journal in order.
void each_entry(sql::OperatorTx& tx, const std::function<void(const Entry&)>& take);

}  // namespace ledger
