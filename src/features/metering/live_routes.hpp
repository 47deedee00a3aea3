// What the proofs of an open run came from: a counter of 16 bits for each class. The two commonest
// classes are counted in the run's own record, so that most proofs touch no other memory; the
// others are in a record beside it. A counter that is full begins again, and what it counted goes
// to the shard's `carried`: 65,536 proofs of a class for an entry there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/ids.hpp"
#include "features/ledger/run.hpp"

namespace metering {

struct LiveAccount;

struct RareProofs {
  std::uint16_t queries = 0;
  std::uint16_t imports = 0;
  std::uint16_t streams = 0;
  std::uint16_t gateway = 0;
};

using CarriedProofs = std::unordered_map<base::RunId, ledger::RouteCounts>;

// Where the proofs of one run are counted beside its own record. Of one call: refers to what the
// caller holds.
struct RunRoutes {
  RareProofs& rare;
  CarriedProofs& carried;

  void count(LiveAccount& account, ledger::RouteClass route, std::uint32_t proofs) const;
  [[nodiscard]] ledger::RouteCounts counts(const LiveAccount& account) const;
  // Before the run gets its id or when it loses it.
  void clear(LiveAccount& account) const;
};

}  // namespace metering
