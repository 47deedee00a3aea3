#include "features/workspace/job.hpp"

#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/json.hpp"

namespace workspace {
namespace {

constexpr std::array<std::pair<JobState, std::string_view>, 5> kNames{{
    {JobState::queued, "queued"},
    {JobState::running, "running"},
    {JobState::succeeded, "succeeded"},
    {JobState::failed, "failed"},
    {JobState::cancelled, "cancelled"},
}};

void append_progress(base::JsonWriter& writer, const Job& job) {
  const auto& progress = job.progress;
  if (progress.stage.empty()) return writer.null();
  writer.begin_object();
  writer.field("stage", progress.stage);
  writer.field("done", progress.done);
  writer.key("total");
  progress.total > 0 ? writer.value(progress.total) : writer.null();
  writer.field("unit", progress.unit);
  writer.field("rate", progress.rate);
  writer.end_object();
}

void append_json_or_null(base::JsonWriter& writer, std::string_view json) {
  json.empty() ? writer.null() : writer.raw(json);
}

}  // namespace

std::string_view job_state_name(JobState state) {
  for (const auto& [known, name] : kNames)
    if (known == state) return name;
  RL_CHECK(false, "a job state has a name");
  return {};
}

JobState parse_job_state(std::string_view name) {
  for (const auto& [state, known] : kNames)
    if (known == name) return state;
  RL_CHECK(false, "a stored job state is one of ours");
  return JobState::failed;
}

void append_job_json(std::string& out, const Job& job) {
  base::JsonWriter writer(out);
  writer.begin_object();
  writer.field("id", job.id.text());
  writer.field("kind", "import");
  writer.field("state", job_state_name(job.state));
  writer.field("dataset", job.dataset);
  writer.field("filename", job.filename);
  writer.key("progress");
  append_progress(writer, job);
  writer.key("result");
  append_json_or_null(writer, job.result);
  writer.key("error");
  append_json_or_null(writer, job.error);
  writer.field("created_at", base::format_rfc3339(job.created_at));
  writer.key("finished_at");
  job.finished_at ? writer.value(base::format_rfc3339(*job.finished_at)) : writer.null();
  writer.end_object();
}

}  // namespace workspace
