// What the client reads when the application gave no answer.
#pragma once

#include "base/result.hpp"
#include "http/forward.hpp"

namespace gateway {

struct UpstreamProblem {
  int status = 502;
  base::Error error;
};

// For an end that is neither `answered` nor `cut` nor `body_failed`.
[[nodiscard]] UpstreamProblem upstream_problem(http::ForwardEnd end);
// Whether the application is to blame, for its health and the log.
[[nodiscard]] bool is_upstream_fault(http::ForwardEnd end);

}  // namespace gateway
