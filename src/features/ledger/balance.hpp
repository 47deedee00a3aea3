// What an account has left, as the meter and the pages see it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ledger {

struct Balance {
  base::AccountId account;
  // Spendable at `as_of`: grants that are neither expired, held nor revoked.
  // Live time that is not settled yet is not subtracted (the meter does that).
  // 0 while there is a debt.
  base::Millis available{};
  base::Millis held{};  // exists but may not be spent (a dispute)
  base::Millis debt{};  // refunded after it was used; the next grant pays it first
  // When `available` shrinks next because a grant with time left expires; ask
  // load_balance() again then.
  std::optional<base::Instant> next_expiry;
  // What is spendable beyond that instant, when nothing is used until then.
  base::Millis after_expiry{};
  // Where the account's last stored run ends: use within idle_gap of it goes on with that run. Only
  // from LedgerService::load_balance().
  std::optional<base::Instant> last_run_end;
  base::Instant as_of;
  // Journal sequence this was computed after. Of two balances of an account the
  // one with the larger version is the newer.
  std::int64_t version = 0;
};

}  // namespace ledger
