#include "features/workspace/job_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"

namespace workspace {
namespace {

using base::ErrorCode;

std::int64_t number(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return 0;
  if (value->is_int64()) return std::max<std::int64_t>(value->as_int64(), 0);
  if (!value->is_double()) return 0;
  constexpr double kLimit = 9e15;
  const double real = value->as_double();
  return real > 0 && real < kLimit ? static_cast<std::int64_t>(real) : 0;
}

std::string text(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

}  // namespace

std::string import_payload(const Job& job, base::Instant now) {
  std::string out;
  base::JsonWriter writer(out);
  writer.begin_object();
  writer.field("upload", job.upload);
  writer.field("filename", job.filename);
  writer.field("dataset", job.dataset);
  writer.field("import_id", job.id.text());
  writer.field("now_us", base::to_micros(now));
  writer.end_object();
  const std::string_view options{job.options};
  if (options.size() <= 2) return out;  // {}
  out.back() = ',';
  out.append(options.substr(1));
  return out;
}

JobProgress parse_progress(std::string_view json) {
  const auto object = base::parse_json_object(json);
  if (!object) return {};
  return JobProgress{.stage = text(*object, "stage"),
                     .done = number(*object, "done"),
                     .total = number(*object, "total"),
                     .unit = text(*object, "unit"),
                     .rate = number(*object, "rate")};
}

std::string settle_job(Job& job, const base::Result<std::string>& outcome, bool cancel_asked,
                       base::Instant now) {
  job.finished_at = now;
  if (!outcome) {
    job.state = cancel_asked ? JobState::cancelled : JobState::failed;
    job.error = cancel_asked ? std::string{} : error_json(outcome.error());
    return {};
  }
  const auto said = base::parse_json_object(*outcome);
  const auto* report = said ? said->if_contains("report") : nullptr;
  const auto* dataset = said ? said->if_contains("dataset") : nullptr;
  if (report == nullptr || dataset == nullptr || !dataset->is_object()) {
    job.state = JobState::failed;
    job.error = error_json(base::fail_internal("worker: done without report").error());
    return {};
  }
  job.state = JobState::succeeded;
  job.result.clear();
  base::JsonWriter writer(job.result);
  writer.begin_object();
  writer.key("dataset");
  writer.begin_object();
  writer.field("name", job.dataset);
  writer.end_object();
  writer.key("report");
  writer.raw(boost::json::serialize(*report));
  writer.end_object();
  return boost::json::serialize(*dataset);
}

std::string error_json(const base::Error& error) {
  std::string out;
  base::JsonWriter writer(out);
  writer.begin_object();
  writer.field("reason", error.reason);
  writer.field("detail", error.message);
  for (const auto& member : error.members) {
    writer.key(member.name);
    writer.raw(member.json);
  }
  writer.end_object();
  return out;
}

base::Error cancelled_import() {
  return base::Error{ErrorCode::invalid,
                     "cancelled",
                     "The import was cancelled. Nothing of it remains.",
                     {},
                     {},
                     {}};
}

base::Error interrupted_import() {
  return base::Error{ErrorCode::overloaded,
                     "shutting_down",
                     "The server was restarted while this import was under way. Send the file "
                     "again.",
                     {},
                     {},
                     {}};
}

}  // namespace workspace
