// What a job says to the worker, and what the worker's words become: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "features/workspace/job.hpp"

namespace workspace {

// Payload of the `import` frame. The job's options are a checked JSON object.
[[nodiscard]] std::string import_payload(const Job& job, base::Instant now);
// Of a `progress` frame; what is missing or odd is 0 or "".
[[nodiscard]] JobProgress parse_progress(std::string_view json);
// Moves the job to its final state. Returns the Dataset object of a succeeded one, else "".
[[nodiscard]] std::string settle_job(Job& job, const base::Result<std::string>& outcome,
                                     bool cancel_asked, base::Instant now);
// {"reason","detail",…members} as a job shows its error.
[[nodiscard]] std::string error_json(const base::Error& error);
[[nodiscard]] base::Error cancelled_import();
// What a job of a server that ended is told.
[[nodiscard]] base::Error interrupted_import();

}  // namespace workspace
