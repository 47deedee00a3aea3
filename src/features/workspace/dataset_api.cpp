// /v1/datasets: the catalogue, and files that become datasets.
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/json.hpp"
#include "features/workspace/query_parameters.hpp"
#include "features/workspace/workspace_routes.hpp"

namespace workspace {
namespace {

using http::Exchange;
using Done = base::Task<base::Result<void>>;

constexpr base::Millis kPreferredWait{1'000};

Done list(WorkspaceService& service, Exchange& exchange) {
  QueryParameters parameters(exchange.request);
  const auto limit = static_cast<int>(parameters.integer("limit", 1, 200, 50));
  const auto cursor = parameters.text("cursor", 64).value_or("");
  if (!cursor.empty() && !is_dataset_name(cursor))
    parameters.reject("cursor", "the next_cursor of the page before");
  if (auto checked = parameters.finish(); !checked)
    co_return std::unexpected(std::move(checked.error()));
  auto entries = co_await service.list_datasets(exchange.caller.account, cursor, limit + 1);
  if (!entries) co_return std::unexpected(std::move(entries.error()));
  const bool more = std::cmp_greater(entries->size(), limit);
  if (more) entries->pop_back();
  base::JsonWriter writer(exchange.response.body);
  writer.begin_object();
  writer.key("data");
  writer.begin_array();
  for (const auto& entry : *entries) writer.raw(entry.summary);
  writer.end_array();
  writer.key("next_cursor");
  more ? writer.value(entries->back().name) : writer.null();
  writer.end_object();
  co_return base::Result<void>{};
}

Done show(WorkspaceService& service, Exchange& exchange) {
  auto entry = co_await service.load_dataset(exchange.caller.account, exchange.path_values[0]);
  if (!entry) co_return std::unexpected(std::move(entry.error()));
  exchange.response.body += entry->detail;
  co_return base::Result<void>{};
}

Done remove(WorkspaceService& service, Exchange& exchange) {
  auto removed = co_await service.drop_dataset(exchange.caller.account, exchange.path_values[0]);
  if (!removed) co_return removed;
  exchange.response.status = 204;
  co_return base::Result<void>{};
}

bool is_zone_name(std::string_view zone) {
  return std::ranges::all_of(zone, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '+' || c == '-';
  });
}

std::optional<std::int64_t> announced_bytes(const http::Request& request) {
  const auto header = request.header("content-length");
  if (!header) return std::nullopt;
  std::int64_t bytes = 0;
  const auto [end, error] = std::from_chars(header->begin(), header->end(), bytes);
  return error == std::errc{} && end == header->end() ? std::optional{bytes} : std::nullopt;
}

base::Result<ImportRequest> read_import(const Exchange& exchange) {
  QueryParameters parameters(exchange.request);
  ImportRequest request;
  request.dataset = exchange.path_values[0];
  request.filename = parameters.text("filename", 255).value_or(request.dataset);
  request.content_length = announced_bytes(exchange.request);
  parameters.add_text("symbol", 64);
  parameters.add_choice("policy", {"replace", "append", "merge"}, "replace");
  if (const auto zone = parameters.text("timezone", 64); zone && !zone->empty()) {
    if (is_zone_name(*zone))
      parameters.add_checked("timezone", *zone);
    else
      parameters.reject("timezone", "a name such as Europe/Warsaw");
  }
  parameters.add_choice("date_order", {"dmy", "mdy", "ymd"}, "");
  if (const auto mark = parameters.text("decimal", 8); mark && !mark->empty()) {
    if (*mark == "point" || *mark == ".")
      parameters.add_checked("decimal", ".");
    else if (*mark == "comma" || *mark == ",")
      parameters.add_checked("decimal", ",");
    else
      parameters.reject("decimal", "point or comma");
  }
  if (!is_dataset_name(request.dataset))
    parameters.reject("name", "a letter, then at most 63 letters, digits, '_', '.' or '-'");
  RL_TRY(request.options, parameters.finish());
  return request;
}

// The refusal that a failed job keeps, as the answer of a caller who waited for it.
base::Error refusal(const Job& job) {
  base::Error error{base::ErrorCode::invalid, "internal_error", "The import failed.", {}, {}, {}};
  const auto kept = base::parse_json_object(job.error);
  if (!kept) return error;
  for (const auto& [name, value] : *kept) {
    if (name == "reason" && value.is_string())
      error.reason = std::string{value.as_string()};
    else if (name == "detail" && value.is_string())
      error.message = std::string{value.as_string()};
    else
      error.members.push_back({std::string{name}, boost::json::serialize(value)});
  }
  if (error.reason == "quota_exceeded") error.code = base::ErrorCode::too_large;
  if (error.reason == "internal_error") error.code = base::ErrorCode::internal;
  if (error.reason == "worker_failed" || error.reason == "shutting_down")
    error.code = base::ErrorCode::overloaded;
  return error;
}

void render_import(http::Response& response, const Job& job) {
  base::JsonWriter writer(response.body);
  writer.begin_object();
  writer.key("job");
  writer.begin_object();
  writer.field("id", job.id.text());
  writer.field("state", job_state_name(job.state));
  writer.end_object();
  writer.key("dataset");
  writer.begin_object();
  writer.field("name", job.dataset);
  writer.end_object();
  response.status = 202;
  if (job.state == JobState::succeeded) {
    const auto result = base::parse_json_object(job.result);
    const auto* report = result ? result->if_contains("report") : nullptr;
    writer.key("report");
    report != nullptr ? writer.raw(boost::json::serialize(*report)) : writer.null();
    response.status = 200;
  }
  writer.end_object();
}

Done import(WorkspaceService& service, Exchange& exchange) {
  RL_CO_TRY(auto request, read_import(exchange));
  auto job = co_await service.import(owner_of(exchange), std::move(request), *exchange.body_reader);
  if (!job) co_return std::unexpected(std::move(job.error()));
  const auto preference = exchange.request.header("prefer").value_or("");
  if (preference.starts_with("wait")) {
    auto later = co_await service.wait_for_job(exchange.caller.account, job->id, kPreferredWait);
    if (!later) co_return std::unexpected(std::move(later.error()));
    job = std::move(later);
  }
  if (job->state == JobState::failed) co_return std::unexpected(refusal(*job));
  render_import(exchange.response, *job);
  co_return base::Result<void>{};
}

std::size_t largest_upload(const WorkspaceOptions& options) {
  std::int64_t largest = options.plans.empty() ? PlanLimits{}.max_upload_bytes : 0;
  for (const auto& plan : options.plans) largest = std::max(largest, plan.max_upload_bytes);
  return static_cast<std::size_t>(largest);
}

}  // namespace

void add_dataset_routes(http::Router& router, WorkspaceService& service) {
  const http::RoutePolicy look{.access = http::Access::signed_in, .scope = http::Scope::data_read};
  const http::RoutePolicy change{.access = http::Access::signed_in,
                                 .scope = http::Scope::data_write};
  const http::RoutePolicy upload{.access = http::Access::signed_in,
                                 .scope = http::Scope::data_write,
                                 .metered = true,
                                 .cost = http::CostClass::work,
                                 .body = http::BodyMode::streamed,
                                 .max_body_bytes = largest_upload(service.options())};
  router.add_async(http::Method::get, "/v1/datasets", look,
                   [&service](Exchange& exchange) { return list(service, exchange); });
  router.add_async(http::Method::get, "/v1/datasets/{name}", look,
                   [&service](Exchange& exchange) { return show(service, exchange); });
  router.add_async(http::Method::del, "/v1/datasets/{name}", change,
                   [&service](Exchange& exchange) { return remove(service, exchange); });
  router.add_async(http::Method::put, "/v1/datasets/{name}", upload,
                   [&service](Exchange& exchange) { return import(service, exchange); });
}

}  // namespace workspace
