#include "features/workspace/workspace_api.hpp"

#include "features/workspace/workspace_routes.hpp"

namespace workspace {

void add_routes(http::Router& router, WorkspaceService& service, base::Timers& timers,
                const base::Clock& clock) {
  add_dataset_routes(router, service);
  add_data_routes(router, service);
  add_job_routes(router, service, timers, clock);
}

}  // namespace workspace
