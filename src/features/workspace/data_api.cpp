// Rows, symbols, bars and SQL: metered, answered by the account's worker, streamed through.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"
#include "features/workspace/query_parameters.hpp"
#include "features/workspace/workspace_routes.hpp"

namespace workspace {
namespace {

using http::Exchange;
using wire::FrameType;
using Done = base::Task<base::Result<void>>;

constexpr std::size_t kMaxSql = 100'000;
constexpr std::size_t kMaxParameters = 1'000;

base::Result<void> send(Exchange& exchange, base::Result<Answer> answer) {
  if (!answer) return std::unexpected(std::move(answer.error()));
  exchange.response.content_type = answer->content_type;
  if (!answer->id.empty()) exchange.response.header("Redline-Query", answer->id);
  answer->stream->name_request(exchange.request.request_id);
  exchange.response.stream = std::move(answer->stream);
  return {};
}

Done rows(WorkspaceService& service, Exchange& exchange) {
  QueryParameters parameters(exchange.request);
  const auto& name = exchange.path_values[0];
  parameters.add_checked("dataset", name);
  parameters.add_text("symbol", 64);
  parameters.add_instant("from");
  parameters.add_instant("to");
  const auto order = parameters.text("order", 16).value_or("timestamp");
  if (order != "timestamp" && order != "-timestamp")
    parameters.reject("order", "timestamp or -timestamp");
  parameters.add_checked("order", order.starts_with('-') ? "desc" : "asc");
  parameters.add_integer("limit", 1, 10'000, 100);
  parameters.add_checked("offset", parameters.page_offset());
  parameters.add_choice("format", {"json", "csv"}, "json");
  RL_CO_TRY(auto arguments, parameters.finish());
  if (!is_dataset_name(name))
    co_return base::fail(base::ErrorCode::not_found, "not_found",
                         "There is no dataset of this name.");
  auto answer = co_await service.read(owner_of(exchange), FrameType::rows, std::move(arguments));
  co_return send(exchange, std::move(answer));
}

Done symbols(WorkspaceService& service, Exchange& exchange) {
  QueryParameters parameters(exchange.request);
  SymbolSearch search;
  search.text = parameters.text("query", 64).value_or("");
  search.dataset = parameters.text("dataset", 64).value_or("");
  if (!search.dataset.empty() && !is_dataset_name(search.dataset))
    parameters.reject("dataset", "the name of a dataset");
  search.limit = parameters.integer("limit", 1, 200, 50);
  search.offset = parameters.page_offset();
  if (auto checked = parameters.finish(); !checked)
    co_return std::unexpected(std::move(checked.error()));
  auto page = co_await service.symbols(owner_of(exchange), std::move(search));
  if (!page) co_return std::unexpected(std::move(page.error()));
  exchange.response.body += *page;
  co_return base::Result<void>{};
}

Done bars(WorkspaceService& service, Exchange& exchange) {
  QueryParameters parameters(exchange.request);
  const auto& symbol = exchange.path_values[0];
  if (symbol.empty() || symbol.size() > 64) parameters.reject("symbol", "1 to 64 bytes");
  parameters.add_checked("symbol", symbol);
  parameters.add_dataset("dataset");
  parameters.add_interval("interval", "1d");
  parameters.add_instant("from");
  parameters.add_instant("to");
  parameters.add_integer("limit", 1, 100'000, 5'000);
  parameters.add_choice("format", {"json", "csv"}, "json");
  RL_CO_TRY(auto arguments, parameters.finish());
  auto answer = co_await service.read(owner_of(exchange), FrameType::bars, std::move(arguments));
  co_return send(exchange, std::move(answer));
}

// Scalars only, as JSON text for the worker.
std::string read_parameters(base::ObjectReader& reader) {
  const auto* value = reader.value("parameters");
  if (value == nullptr) return "[]";
  const auto* array = value->if_array();
  if (array == nullptr || array->size() > kMaxParameters) {
    reader.reject("parameters", "an array of at most 1000 values");
    return "[]";
  }
  for (const auto& item : *array)
    if (item.is_structured()) reader.reject("parameters", "strings, numbers, booleans and null");
  return boost::json::serialize(*array);
}

base::Result<WorkspaceService::Query> read_query(const Exchange& exchange) {
  RL_TRY(const auto object, base::parse_json_object(exchange.request.body));
  base::ObjectReader reader(object);
  WorkspaceService::Query query;
  query.id = reader.optional_text("id", 30, 30).value_or("");
  if (!query.id.empty() && !base::parse_id("qry_", query.id))
    reader.reject("id", "qry_ and 26 characters of an ULID");
  query.sql = reader.text("sql", 1, kMaxSql);
  query.parameters = read_parameters(reader);
  query.format = reader.optional_text("format", 1, 8).value_or("json");
  if (query.format != "json" && query.format != "csv") reader.reject("format", "json or csv");
  query.max_rows = reader.integer_or("max_rows", 1, 1'000'000, 0);
  query.timeout_ms = reader.integer_or("timeout_ms", 1, 600'000, 0);
  RL_TRY_VOID(reader.finish());
  return query;
}

Done query(WorkspaceService& service, Exchange& exchange) {
  RL_CO_TRY(auto query, read_query(exchange));
  auto answer = co_await service.query(owner_of(exchange), std::move(query));
  co_return send(exchange, std::move(answer));
}

}  // namespace

void add_data_routes(http::Router& router, WorkspaceService& service) {
  const http::RoutePolicy work{.access = http::Access::signed_in,
                               .scope = http::Scope::data_read,
                               .metered = true,
                               .cost = http::CostClass::work};
  auto ask = work;
  ask.scope = http::Scope::query;
  // Someone at zero can still stop what he started.
  const http::RoutePolicy stop{.access = http::Access::signed_in, .scope = http::Scope::query};
  router.add_async(http::Method::get, "/v1/datasets/{name}/rows", work,
                   [&service](Exchange& exchange) { return rows(service, exchange); });
  router.add_async(http::Method::get, "/v1/symbols", work,
                   [&service](Exchange& exchange) { return symbols(service, exchange); });
  router.add_async(http::Method::get, "/v1/bars/{symbol}", work,
                   [&service](Exchange& exchange) { return bars(service, exchange); });
  router.add_async(http::Method::post, "/v1/query", ask,
                   [&service](Exchange& exchange) { return query(service, exchange); });
  const auto interrupt = [&service](Exchange& exchange) -> base::Result<void> {
    RL_TRY_VOID(service.interrupt(exchange.caller.account, exchange.path_values[0]));
    exchange.response.status = 204;
    return {};
  };
  router.add({.method = http::Method::del,
              .pattern = "/v1/query/{id}",
              .policy = stop,
              .handler = http::PlainHandler{interrupt}});
}

}  // namespace workspace
