// /v1/jobs: background work of the account.
#include "base/json.hpp"
#include "features/workspace/query_parameters.hpp"
#include "features/workspace/workspace_routes.hpp"

namespace workspace {
namespace {

using http::Exchange;
using Done = base::Task<base::Result<void>>;

std::unexpected<base::Error> no_such_job() {
  return base::fail(base::ErrorCode::not_found, "not_found", "There is no such job.");
}

Done list(WorkspaceService& service, Exchange& exchange) {
  QueryParameters parameters(exchange.request);
  const auto limit = static_cast<int>(parameters.integer("limit", 1, 200, 50));
  auto cursor = parameters.text("cursor", 64).value_or("");
  if (!cursor.empty() && !base::JobId::parse(cursor))
    parameters.reject("cursor", "the next_cursor of the page before");
  if (auto checked = parameters.finish(); !checked)
    co_return std::unexpected(std::move(checked.error()));
  auto page = co_await service.list_jobs(exchange.caller.account, std::move(cursor), limit);
  if (!page) co_return std::unexpected(std::move(page.error()));
  auto& body = exchange.response.body;
  body += R"({"data":[)";
  for (const auto& job : page->jobs) {
    if (&job != &page->jobs.front()) body += ',';
    append_job_json(body, job);
  }
  body += R"(],"next_cursor":)";
  body += page->next_cursor.empty() ? std::string{"null"} : '"' + page->next_cursor + '"';
  body += '}';
  co_return base::Result<void>{};
}

Done show(WorkspaceService& service, Exchange& exchange) {
  const auto id = base::JobId::parse(exchange.path_values[0]);
  if (!id) co_return no_such_job();
  auto job = co_await service.load_job(exchange.caller.account, *id);
  if (!job) co_return std::unexpected(std::move(job.error()));
  append_job_json(exchange.response.body, *job);
  co_return base::Result<void>{};
}

Done cancel(WorkspaceService& service, Exchange& exchange) {
  const auto id = base::JobId::parse(exchange.path_values[0]);
  if (!id) co_return no_such_job();
  auto job = co_await service.cancel_job(exchange.caller.account, *id);
  if (!job) co_return std::unexpected(std::move(job.error()));
  exchange.response.status = 202;
  append_job_json(exchange.response.body, *job);
  co_return base::Result<void>{};
}

Done stream(WorkspaceService& service, base::Timers& timers, const base::Clock& clock,
            Exchange& exchange) {
  const auto id = base::JobId::parse(exchange.path_values[0]);
  if (!id) co_return no_such_job();
  auto channel = co_await service.watch_job(exchange.caller.account, *id);
  if (!channel) co_return std::unexpected(std::move(channel.error()));
  http::answer_with_events(exchange, *channel, timers, clock);
  co_return base::Result<void>{};
}

}  // namespace

void add_job_routes(http::Router& router, WorkspaceService& service, base::Timers& timers,
                    const base::Clock& clock) {
  const http::RoutePolicy look{.access = http::Access::signed_in, .scope = http::Scope::data_read};
  auto follow = look;
  follow.lasting = true;
  const http::RoutePolicy change{.access = http::Access::signed_in,
                                 .scope = http::Scope::data_write};
  router.add_async(http::Method::get, "/v1/jobs", look,
                   [&service](Exchange& exchange) { return list(service, exchange); });
  router.add_async(http::Method::get, "/v1/jobs/{id}", look,
                   [&service](Exchange& exchange) { return show(service, exchange); });
  router.add_async(http::Method::del, "/v1/jobs/{id}", change,
                   [&service](Exchange& exchange) { return cancel(service, exchange); });
  router.add_async(http::Method::get, "/v1/jobs/{id}/stream", follow,
                   [&service, &timers, &clock](Exchange& exchange) {
                     return stream(service, timers, clock, exchange);
                   });
}

}  // namespace workspace
