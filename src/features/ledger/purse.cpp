#include "features/ledger/purse.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace ledger {

namespace {

base::Millis& amount_in(StoredGrant& grant, Bucket bucket) {
  switch (bucket) {
    case Bucket::issued:
      return grant.issued;
    case Bucket::available:
      return grant.available;
    case Bucket::held:
      return grant.held;
    case Bucket::consumed:
      return grant.consumed;
    case Bucket::expired:
      return grant.expired;
    case Bucket::revoked:
      return grant.revoked;
    case Bucket::none:
      break;
  }
  RL_CHECK(false, "time moves between buckets");
  return grant.available;
}

}  // namespace

base::Millis Purse::available() const {
  base::Millis sum{};
  for (const auto& grant : grants) sum += grant.available;
  return sum;
}

base::Millis Purse::debt() const {
  base::Millis sum{};
  for (const auto& grant : grants) sum += std::max(base::Millis{}, -grant.available);
  return sum;
}

StoredGrant* Purse::find(base::GrantId grant) {
  const auto found = std::ranges::find(grants, grant, &StoredGrant::id);
  return found == grants.end() ? nullptr : &*found;
}

std::vector<StoredGrant> Purse::grants_for_use(base::Instant at) const {
  std::vector<StoredGrant> usable;
  for (const auto& grant : grants)
    if (grant.available.count() > 0 ||
        (grant.expired.count() > 0 && grant.expires_at && *grant.expires_at > at))
      usable.push_back(grant);
  return usable;
}

Balance balance_of(const Purse& purse, base::Instant now) {
  Balance balance;
  balance.account = purse.account;
  balance.as_of = now;
  balance.debt = purse.debt();
  balance.version = purse.version;
  for (const auto& grant : purse.grants) balance.held += grant.held;
  if (balance.debt.count() > 0) return balance;
  for (const auto& grant : purse.grants) {
    if (grant.available.count() <= 0) continue;
    if (grant.expires_at && *grant.expires_at <= now) continue;
    balance.available += grant.available;
    if (grant.expires_at)
      balance.next_expiry =
          std::min(*grant.expires_at, balance.next_expiry.value_or(*grant.expires_at));
  }
  for (const auto& grant : purse.grants)
    if (grant.available.count() > 0 &&
        (!grant.expires_at || *grant.expires_at > balance.next_expiry.value_or(now)))
      balance.after_expiry += grant.available;
  return balance;
}

void move_time(StoredGrant& grant, base::Millis amount, Bucket from, Bucket to) {
  amount_in(grant, from) += from == Bucket::issued ? amount : -amount;
  amount_in(grant, to) += amount;
}

}  // namespace ledger
