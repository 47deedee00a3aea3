// Routes of datasets, jobs, rows, bars, symbols and SQL.
#pragma once

#include "base/clock.hpp"
#include "base/timers.hpp"
#include "features/workspace/workspace_service.hpp"
#include "http/router.hpp"

namespace workspace {

// All signed-in; rows, bars, symbols and query are metered. Everything passed outlives the router.
void add_routes(http::Router& router, WorkspaceService& service, base::Timers& timers,
                const base::Clock& clock);

}  // namespace workspace
