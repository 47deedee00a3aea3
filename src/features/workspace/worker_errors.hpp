// What users read when a worker refuses, stops, or dies.
#pragma once

#include "base/result.hpp"
#include "features/workspace/worker_call.hpp"
#include "features/workspace/worker_process.hpp"

namespace workspace {

// The worker's own refusal, checked: only reasons that a worker may give, no path of the server in
// the message.
[[nodiscard]] base::Error user_error(base::Error said, wire::FrameType request);
[[nodiscard]] base::Error timeout_error(const CallState& call);
// Its process ended while a request was under way.
[[nodiscard]] base::Error death_error(const WorkerExit& exit);
// We had to kill it; `why` for the log.
[[nodiscard]] base::Error killed_error(std::string why);
[[nodiscard]] base::Error cancelled_error();
[[nodiscard]] base::Error interrupted_query();
[[nodiscard]] base::Error busy_error();      // as many active workspaces as allowed
[[nodiscard]] base::Error stopping_error();  // the server shuts down

}  // namespace workspace
