// GET /v1/balance, GET /v1/balance/stream, POST /v1/beats. None of them is metered, and the first
// two answer at zero too: who has nothing left can still see it and pay.
#pragma once

#include "base/clock.hpp"
#include "base/timers.hpp"
#include "features/ledger/ledger_service.hpp"
#include "features/metering/metering_service.hpp"
#include "http/router.hpp"

namespace metering {

// Everything outlives the router.
void add_routes(http::Router& router, MeteringService& metering, ledger::LedgerService& ledger,
                base::Timers& timers, const base::Clock& clock);

}  // namespace metering
