// A job: one import, from its accepted upload to its report. A value; states only move forward.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace workspace {

enum class JobState : std::uint8_t { queued, running, succeeded, failed, cancelled };
[[nodiscard]] std::string_view job_state_name(JobState state);
// RL_CHECKs: only our own store writes these words.
[[nodiscard]] JobState parse_job_state(std::string_view name);
[[nodiscard]] constexpr bool is_final(JobState state) {
  return state != JobState::queued && state != JobState::running;
}

struct JobProgress {
  std::string stage;  // detect, parse, sort, commit
  std::int64_t done = 0;
  std::int64_t total = 0;  // 0: not known yet
  std::string unit;        // rows, bytes
  std::int64_t rate = 0;   // units a second
};

struct Job {
  base::JobId id;
  JobState state = JobState::queued;
  std::string dataset;
  std::string filename;  // what the user called it: shown, never a path of ours
  std::string upload;    // generated name below uploads/; "" once removed
  std::string options;   // JSON object for the worker: symbol, policy, timezone, …
  JobProgress progress;
  std::string result;  // JSON object {"report":…, "dataset":…} when succeeded, else ""
  std::string error;   // JSON object {"reason","message",…} when failed, else ""
  base::Instant created_at{};
  std::optional<base::Instant> finished_at;
};

// The shape of GET /v1/jobs/{id}, appended to `out`.
void append_job_json(std::string& out, const Job& job);

}  // namespace workspace
