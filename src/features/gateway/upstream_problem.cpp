#include "features/gateway/upstream_problem.hpp"

#include "base/check.hpp"

namespace gateway {
namespace {

UpstreamProblem problem(int status, std::string reason, std::string message) {
  return {status, {base::ErrorCode::overloaded, std::move(reason), std::move(message)}};
}

}  // namespace

UpstreamProblem upstream_problem(http::ForwardEnd end) {
  switch (end) {
    case http::ForwardEnd::unavailable:
      return problem(503, "upstream_unavailable",
                     "The application behind this address is down. Please try again soon.");
    case http::ForwardEnd::unreachable:
      return problem(502, "upstream_unreachable",
                     "The application behind this address cannot be reached. Please try again.");
    case http::ForwardEnd::broken:
      return problem(502, "upstream_closed",
                     "The application behind this address ended the connection without an answer.");
    case http::ForwardEnd::malformed:
      return problem(502, "upstream_malformed",
                     "The application behind this address gave an answer that is not valid HTTP.");
    case http::ForwardEnd::slow:
      return problem(504, "upstream_timeout",
                     "The application behind this address did not answer in time.");
    case http::ForwardEnd::client_left:
      return problem(499, "client_left", "The client left before the answer.");
    case http::ForwardEnd::answered:
    case http::ForwardEnd::body_failed:
    case http::ForwardEnd::cut:
      break;
  }
  RL_CHECK(false, "this end has no problem document of its own");
  return {};
}

bool is_upstream_fault(http::ForwardEnd end) {
  switch (end) {
    case http::ForwardEnd::unavailable:
    case http::ForwardEnd::unreachable:
    case http::ForwardEnd::broken:
    case http::ForwardEnd::malformed:
    case http::ForwardEnd::slow:
      return true;
    case http::ForwardEnd::answered:
    case http::ForwardEnd::body_failed:
    case http::ForwardEnd::client_left:
    case http::ForwardEnd::cut:
      break;
  }
  return false;
}

}  // namespace gateway
