#include "features/reports/reports_api.hpp"

#include "base/json.hpp"

namespace reports {
namespace {

using base::Result;

constexpr std::size_t kMaxZoneBytes = 64;

std::unexpected<base::Error> bad_field(std::string name, std::string message) {
  base::Error error{base::ErrorCode::invalid, "invalid_request", message, {}, {}, {}};
  error.fields.push_back({std::move(name), std::move(message)});
  return std::unexpected(std::move(error));
}

Result<GroupBy> group_of(const http::Request& request) {
  const auto text = request.query_value("group_by").value_or("day");
  for (const auto group :
       {GroupBy::day, GroupBy::hour, GroupBy::route, GroupBy::plan, GroupBy::key})
    if (text == group_name(group)) return group;
  return bad_field("group_by", "group_by must be day, hour, route, plan or key.");
}

Result<base::Instant> instant_of(const http::Request& request, const std::string& name,
                                 base::Instant otherwise) {
  const auto text = request.query_value(name);
  if (!text) return otherwise;
  const auto at = base::parse_rfc3339(*text);
  if (!at) return bad_field(name, name + " must be YYYY-MM-DD or an RFC 3339 instant.");
  return *at;
}

Result<UsageQuery> parse_query(const http::Exchange& exchange) {
  const auto& request = exchange.request;
  UsageQuery query;
  query.account = exchange.caller.account;
  RL_TRY(query.group_by, group_of(request));
  const base::Micros period =
      query.group_by == GroupBy::hour ? std::chrono::hours{1} : std::chrono::hours{24};
  RL_TRY(query.to, instant_of(request, "to", request.arrived));
  RL_TRY(query.from, instant_of(request, "from", query.to - 30 * period));
  if (query.from >= query.to) return bad_field("from", "from must be before to.");
  if ((query.to - query.from) / period >= kMaxPeriods)
    return bad_field("from", "A report has at most 1000 days, or with group_by=hour 1000 hours.");
  query.timezone = request.query_value("tz").value_or("UTC");
  if (query.timezone.empty() || query.timezone.size() > kMaxZoneBytes)
    return bad_field("tz", "tz must be an IANA time zone such as Europe/Warsaw.");
  return query;
}

void append_row(base::JsonWriter& json, const UsageRow& row, GroupBy group) {
  json.begin_object();
  json.field("from", base::format_rfc3339(row.from));
  json.field("to", base::format_rfc3339(row.to));
  if (is_period(group)) {
    json.field("active_ms", row.active.count());
    json.field("runs", row.runs);
  } else if (row.group.empty()) {
    json.key(group_name(group));
    json.null();
  } else {
    json.field(group_name(group), row.group);
  }
  json.field("requests", row.activity.requests);
  json.field("errors", row.activity.errors);
  json.field("bytes", row.activity.bytes);
  json.field("query_ms", std::chrono::duration_cast<base::Millis>(row.activity.query_time).count());
  json.end_object();
}

base::Task<Result<void>> get_usage(HistoryService& history, http::Exchange& exchange) {
  RL_CO_TRY(const auto query, parse_query(exchange));
  const auto report = co_await history.usage(query);
  if (!report) co_return std::unexpected(report.error());
  base::JsonWriter json(exchange.response.body);
  json.begin_object();
  json.field("group_by", group_name(query.group_by));
  json.field("from", base::format_rfc3339(query.from));
  json.field("to", base::format_rfc3339(query.to));
  json.field("tz", query.timezone);
  json.field("as_of", base::format_rfc3339(report->as_of));
  json.key("data");
  json.begin_array();
  for (const auto& row : report->rows) append_row(json, row, query.group_by);
  json.end_array();
  json.end_object();
  co_return Result<void>{};
}

}  // namespace

std::string_view route_kind(std::string_view pattern) {
  constexpr std::string_view kInterface = "/v1/";
  constexpr std::string_view kApplication = "{rest...}";
  if (!pattern.starts_with(kInterface)) {
    if (!pattern.ends_with(kApplication)) return {};
    pattern.remove_suffix(kApplication.size());
    return pattern;
  }
  pattern.remove_prefix(kInterface.size());
  return pattern.substr(0, pattern.find('/'));
}

void add_routes(http::Router& router, HistoryService& history) {
  router.add_async(http::Method::get, "/v1/usage",
                   {.access = http::Access::signed_in, .scope = http::Scope::billing_read},
                   [&history](http::Exchange& exchange) { return get_usage(history, exchange); });
}

}  // namespace reports
