// All grants of one account, as a settlement burns them and a balance sums them: without their
// texts.
#pragma once

#include <cstdint>
#include <vector>

#include "features/ledger/balance.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/stored_grant.hpp"

namespace ledger {

struct Purse {
  base::AccountId account;
  std::vector<StoredGrant> grants;
  std::int64_t version = 0;  // sequence of the account's last entry

  // Over all grants, expired or not; below zero where time was taken back after it was used.
  [[nodiscard]] base::Millis available() const;
  [[nodiscard]] base::Millis debt() const;
  // nullptr: no such grant.
  [[nodiscard]] StoredGrant* find(base::GrantId grant);
  // Those that can pay for use at `at` or later: with time available (also when expired but not
  // swept yet), or swept with an expiry after `at`.
  [[nodiscard]] std::vector<StoredGrant> grants_for_use(base::Instant at) const;
};

[[nodiscard]] Balance balance_of(const Purse& purse, base::Instant now);
// Moves `amount` between two buckets; `issued` is where all time comes from and counts what was
// ever given.
void move_time(StoredGrant& grant, base::Millis amount, Bucket from, Bucket to);

}  // namespace ledger
