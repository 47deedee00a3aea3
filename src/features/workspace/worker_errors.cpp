#include "features/workspace/worker_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "wire/frame.hpp"

namespace workspace {
namespace {

using base::Error;
using base::ErrorCode;

Error make(ErrorCode code, std::string reason, std::string message, std::string detail = {}) {
  return Error{code, std::move(reason), std::move(message), std::move(detail), {}, {}};
}

Error broken(std::string detail) {
  return make(ErrorCode::overloaded, "worker_failed",
              "Your workspace's process ended while it worked on this. Nothing half done remains; "
              "please try again.",
              std::move(detail));
}

// The worker is not trusted: an absolute path in its text never reaches a user.
bool shows_path(std::string_view text) {
  constexpr std::array<std::string_view, 3> kMarks{"/workspaces/", "/proc/", "data.duckdb"};
  return std::ranges::any_of(
      kMarks, [text](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

}  // namespace

Error user_error(Error said, wire::FrameType request) {
  const bool ours = said.code == ErrorCode::unauthenticated ||
                    said.code == ErrorCode::payment_required || said.reason.empty();
  if (ours) return broken("the worker answered " + said.reason);
  if (said.reason == "cancelled" && request == wire::FrameType::query) return interrupted_query();
  if (shows_path(said.message)) {
    said.detail += " message: " + said.message;
    said.message = "The workspace could not do this.";
  }
  return said;
}

Error timeout_error(const CallState& call) {
  const auto seconds = static_cast<double>(call.limits.timeout.count()) / 1e6;
  return make(ErrorCode::invalid, "query_timeout",
              fmt::format("This took longer than {:g} s and was stopped. Ask for less at a time: "
                          "fewer rows, a shorter range, a narrower WHERE.",
                          seconds));
}

Error death_error(const WorkerExit& exit) {
  if (exit.by_signal && exit.code == SIGKILL)
    return make(ErrorCode::invalid, "query_memory",
                "This needed more memory than a workspace has and was stopped. Ask for less at a "
                "time: fewer rows, fewer columns, no large sorts or lists.",
                "the worker was killed by the kernel");
  if (!exit.by_signal && exit.code == wire::kExitDeadline)
    return make(ErrorCode::invalid, "query_timeout",
                "A query of your workspace did not stop at its time limit, so its process was "
                "ended. Please try again.");
  return broken(
      fmt::format("the worker ended with {} {}", exit.by_signal ? "signal" : "code", exit.code));
}

Error killed_error(std::string why) { return broken(std::move(why)); }

Error cancelled_error() {
  return make(ErrorCode::invalid, "cancelled", "The request was cancelled.");
}

Error interrupted_query() {
  return make(ErrorCode::invalid, "query_cancelled", "The query was interrupted.");
}

Error busy_error() {
  return make(ErrorCode::overloaded, "overloaded",
              "Too many workspaces are at work right now. Please try again in a few seconds.");
}

Error stopping_error() {
  return make(ErrorCode::overloaded, "shutting_down",
              "The server is restarting. Please try again in a few seconds.");
}

}  // namespace workspace
