// The three groups of routes that workspace_api.hpp adds. Only the API files include this.
#pragma once

#include "features/workspace/workspace_service.hpp"
#include "http/router.hpp"

namespace workspace {

void add_dataset_routes(http::Router& router, WorkspaceService& service);
void add_data_routes(http::Router& router, WorkspaceService& service);
void add_job_routes(http::Router& router, WorkspaceService& service, base::Timers& timers,
                    const base::Clock& clock);

[[nodiscard]] inline Owner owner_of(const http::Exchange& exchange) {
  return {.account = exchange.caller.account, .plan = exchange.caller.plan};
}

}  // namespace workspace
