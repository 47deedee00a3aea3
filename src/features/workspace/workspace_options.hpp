// What the configuration says about workspaces. The app fills it from [workspace] and [[plans]].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace workspace {

struct PlanLimits {
  std::int64_t storage_bytes = 200LL << 20U;    // database and uploads of one account together
  std::int64_t max_upload_bytes = 50LL << 20U;  // one file
  int concurrent_queries = 1;                   // POST /v1/query at the same time
};

struct WorkspaceOptions {
  std::string data_folder;                // workspaces/<account>/ is made below it, 0700
  std::string binary = "/proc/self/exe";  // started as `<binary> worker --fd 3`
  int memory_mb = 1024;                   // of one worker
  int threads = 2;
  int temp_mb = 4096;
  int query_timeout_ms = 60'000;  // upper bound and default
  std::int64_t max_rows = 1'000'000;
  int idle_stop_seconds = 300;
  int max_active = 64;
  std::vector<PlanLimits> plans;  // by Caller::plan; an index beyond the end has the first's limits
};

// Whose workspace, and what it may hold. Made from exchange.caller, never from a request's content.
struct Owner {
  base::AccountId account;
  std::uint16_t plan = 0;
};

}  // namespace workspace
