// SQL of grants and balances. Amounts are written only by Poster.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "features/ledger/balance.hpp"
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
// Those that can pay for use at `at` or later: with time available (also when
// expired but not swept yet), or swept with an expiry after `at`.
[[nodiscard]] std::vector<StoredGrant> list_grants_for_use(sql::AccountTx& tx, base::Instant at);
// Those with time available (also when expired but not swept yet).
[[nodiscard]] std::vector<StoredGrant> list_grants_with_time(sql::AccountTx& tx);
[[nodiscard]] std::vector<StoredGrant> list_grants_in_debt(sql::AccountTx& tx);

[[nodiscard]] Balance load_balance(sql::AccountTx& tx, base::Instant now);
// The same when the account's sums are at hand.
[[nodiscard]] Balance load_balance_with(sql::AccountTx& tx, const AccountSums& sums,
                                        base::Instant now);
// The same when sums and grants with time available are at hand.
[[nodiscard]] Balance balance_from(base::AccountId account, const AccountSums& sums,
                                   const std::vector<StoredGrant>& grants, base::Instant now);

}  // namespace ledger
