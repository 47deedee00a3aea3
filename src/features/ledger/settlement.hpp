// Settling one snapshot of a live run inside the writer's transaction.
#pragma once

#include "features/ledger/poster.hpp"
#include "features/ledger/run.hpp"

namespace ledger {

// `invalid` (nothing is written) for a snapshot that cannot be true: empty,
// ending in the future, negative counts.
[[nodiscard]] base::Result<SettledRun> settle_run(Poster& poster, const RunSnapshot& snapshot,
                                                  const TariffBook& book);

}  // namespace ledger
