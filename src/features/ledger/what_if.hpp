// What history would have cost under another tariff. Pure; fed with the journal
// in order.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "features/ledger/details.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/fold.hpp"

namespace ledger {

// Time in use, whether it was charged or not.
struct WhatIfReport {
  std::int64_t accounts = 0;
  std::int64_t runs = 0;
  std::int64_t runs_then = 0;
  base::Millis used{};
  base::Millis used_then{};
};

// The journal does not hold proofs one by one: it knows by how much each
// settlement (about one a second) made a run grow, and how much of that was
// pause. So a longer idle_gap, and union instead of per_user, are exact; a
// shorter one is exact to the pauses within one settlement, which count as use;
// a longer min_proof is applied where a stretch ends; a shorter one, per_user
// and max_n instead of union cannot take back what was joined, and change
// nothing.
class WhatIf {
 public:
  explicit WhatIf(const Tariff& tariff) : tariff_(tariff) {}
  void add(const Entry& entry);
  [[nodiscard]] WhatIfReport finish() const;

 private:
  struct Lane {
    std::vector<Interval> evidence;
  };
  Tariff tariff_;
  std::map<std::pair<base::AccountId, std::string>, Lane> lanes_;
  std::unordered_map<AccountRun, Interval, AccountRunHash> spans_;  // as recorded so far
};

}  // namespace ledger
