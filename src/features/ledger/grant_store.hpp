// SQL of grants. Amounts are written only by Poster.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "features/ledger/purse.hpp"
#include "features/ledger/stored_grant.hpp"
#include "sql/database.hpp"

namespace ledger {

[[nodiscard]] std::optional<StoredGrant> find_grant_by_key(sql::OperatorTx& tx,
                                                           std::string_view business_key);
[[nodiscard]] std::optional<StoredGrant> find_grant(sql::OperatorTx& tx, base::GrantId id);
// Grants with time available whose expiry is at or before `until`, oldest
// expiry first.
[[nodiscard]] std::vector<StoredGrant> list_due_grants(sql::OperatorTx& tx, base::Instant until,
                                                       std::int64_t limit);

// All grants of the account, oldest first.
[[nodiscard]] std::vector<StoredGrant> list_all_grants(sql::AccountTx& tx);
// Those with time available (also when expired but not swept yet).
[[nodiscard]] std::vector<StoredGrant> list_grants_with_time(sql::AccountTx& tx);
[[nodiscard]] std::vector<StoredGrant> list_grants_in_debt(sql::AccountTx& tx);

// Without `version`.
[[nodiscard]] Purse load_purse(sql::AccountTx& tx);
[[nodiscard]] Balance load_balance(sql::AccountTx& tx, base::Instant now);

}  // namespace ledger
