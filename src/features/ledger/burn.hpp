// Which grants pay for which stretch of use. A pure rule: the answer depends on
// the set of uses and the grants, never on the order in which uses became
// known.
#pragma once

#include <span>
#include <vector>

#include "features/ledger/run.hpp"
#include "features/ledger/stored_grant.hpp"

namespace ledger {

// Time of one run that grants have to pay. Uses may overlap each other (members
// who are billed side by side); the pieces of one use do not.
struct Use {
  std::vector<Interval> pieces;  // sorted, disjoint, not empty
  // Length of the pieces in whole milliseconds; at most one millisecond a piece
  // more, which falls to the last.
  base::Millis total{};
  base::Micros lead{};                      // part of the first millisecond that is paid already
  base::Millis most = base::Millis::max();  // no more than this is charged
  // Of uses with a limit so many are charged at a time, in the order given; 0: no limit.
  std::int32_t at_most = 0;
};

struct Burned {
  std::vector<GrantShare> shares;  // in burn order; only amounts > 0
  base::Millis unbilled{};
  UnbilledReason reason = UnbilledReason::none;
  [[nodiscard]] base::Millis billed() const;
};

// Lowest priority number, then earliest expiry (none last), then oldest.
[[nodiscard]] bool burns_before(const StoredGrant& a, const StoredGrant& b);

// Goes through all uses in order of time; of the same instant every use gets a
// millisecond in turn, in the order given. Each millisecond is paid by the
// first grant in burn order that is valid then (issued_at <= moment <
// expires_at) and has time left, also when that time has been moved to
// `expired` since: it was there when it was used. Takes what it burns from
// `grants` (from `available`, then from `expired`) and sorts them. One answer a
// use.
[[nodiscard]] std::vector<Burned> burn(std::span<const Use> uses, std::vector<StoredGrant>& grants);

}  // namespace ledger
