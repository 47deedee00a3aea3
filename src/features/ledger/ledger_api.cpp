#include "features/ledger/ledger_api.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json.hpp"
#include "features/ledger/ledger_json.hpp"
#include "http/list_limit.hpp"

namespace ledger {

namespace {

base::Result<std::optional<base::Instant>> instant_of(const http::Request& request,
                                                      const std::string& name) {
  const auto text = request.query_value(name);
  if (!text) return std::nullopt;
  const auto at = base::parse_rfc3339(*text);
  if (!at) return base::invalid_field(name, name + " must be YYYY-MM-DD or an RFC 3339 instant.");
  return *at;
}

base::Result<PageRequest> page_of(const http::Request& request) {
  PageRequest page;
  page.cursor = request.query_value("cursor").value_or("");
  RL_TRY(page.limit, http::list_limit(request));
  RL_TRY(page.from, instant_of(request, "from"));
  RL_TRY(page.to, instant_of(request, "to"));
  return page;
}

template <class Row, class Append>
void render_page(http::Exchange& exchange, const Page<Row>& page, Append append) {
  base::JsonWriter json(exchange.response.body);
  json.begin_object();
  json.key("data");
  json.begin_array();
  for (const auto& row : page.rows) append(json, row);
  json.end_array();
  json.field("next_cursor", page.next_cursor);
  json.end_object();
}

base::Task<base::Result<void>> get_runs(LedgerService& ledger, http::Exchange& exchange) {
  RL_CO_TRY(auto wanted, page_of(exchange.request));
  const auto page = co_await ledger.list_runs(exchange.caller.account, std::move(wanted));
  if (!page) co_return std::unexpected(page.error());
  render_page(exchange, *page, append_run);
  co_return base::Result<void>{};
}

std::string csv_of(std::string_view text) {
  // A spreadsheet must not take a text for a formula.
  std::string out = !text.empty() && std::string_view{"=+-@"}.contains(text.front()) ? "\"'" : "\"";
  for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string{c};
  return out += '"';
}

base::Task<base::Result<void>> get_entries_as_csv(LedgerService& ledger, http::Exchange& exchange) {
  constexpr int kMostRows = 10'000;
  RL_CO_TRY(auto wanted, page_of(exchange.request));
  const int most = exchange.request.query_value("limit") ? wanted.limit : kMostRows;
  const auto page =
      co_await ledger.list_entries_for_file(exchange.caller.account, std::move(wanted), most);
  if (!page) co_return std::unexpected(page.error());
  auto& body = exchange.response.body;
  body +=
      "sequence,at,kind,grant_id,run_id,amount_ms,available_after_ms,key,"
      "reason,actor,hash\n";
  for (const auto& entry : page->rows)
    body +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", entry.sequence,
                    base::format_rfc3339(entry.at), entry_kind_name(entry.kind),
                    entry.grant ? entry.grant->text() : "", entry.run ? entry.run->text() : "",
                    entry.signed_amount().count(), entry.available_after.count(), csv_of(entry.key),
                    csv_of(entry.reason), csv_of(entry.actor), hash_text(entry.hash));
  exchange.response.content_type = "text/csv; charset=utf-8";
  exchange.response.header("Content-Disposition", "attachment; filename=\"ledger.csv\"");
  if (page->next_cursor) exchange.response.header("Redline-Next-Cursor", *page->next_cursor);
  co_return base::Result<void>{};
}

base::Result<std::string> format_of(const http::Request& request,
                                    std::span<const std::string_view> known) {
  auto wanted = request.query_value("format").value_or("json");
  if (std::ranges::find(known, wanted) == known.end())
    return base::invalid_field("format",
                               fmt::format("format must be one of {}.", fmt::join(known, ", ")));
  return wanted;
}

base::Task<base::Result<void>> get_receipt(LedgerService& ledger, http::Exchange& exchange) {
  constexpr std::array<std::string_view, 3> kFormats{"json", "csv", "html"};
  RL_CO_TRY(const auto format, format_of(exchange.request, kFormats));
  const auto now = base::format_rfc3339(exchange.request.arrived);
  const auto month = exchange.request.query_value("month").value_or(now.substr(0, 7));
  const auto receipt = co_await ledger.make_receipt(exchange.caller.account, month);
  if (!receipt) co_return std::unexpected(receipt.error());
  auto& response = exchange.response;
  if (format == "json") {
    response.body += ledger.format_receipt(*receipt, ReceiptFormat::json);
  } else if (format == "csv") {
    response.content_type = "text/csv; charset=utf-8";
    response.header("Content-Disposition",
                    fmt::format("attachment; filename=\"receipt-{}.csv\"", month));
    response.body += ledger.format_receipt(*receipt, ReceiptFormat::csv);
  } else {
    response.content_type = "text/html; charset=utf-8";
    response.body += ledger.format_receipt(*receipt, ReceiptFormat::html);
  }
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> get_entries(LedgerService& ledger, http::Exchange& exchange) {
  constexpr std::array<std::string_view, 2> kFormats{"json", "csv"};
  RL_CO_TRY(const auto format, format_of(exchange.request, kFormats));
  if (format == "csv") {
    auto done = co_await get_entries_as_csv(ledger, exchange);
    co_return done;
  }
  RL_CO_TRY(auto wanted, page_of(exchange.request));
  const auto page = co_await ledger.list_entries(exchange.caller.account, std::move(wanted));
  if (!page) co_return std::unexpected(page.error());
  render_page(exchange, *page, append_entry);
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> get_run(LedgerService& ledger, http::Exchange& exchange) {
  const auto id = base::RunId::parse(exchange.path_values[0]);
  if (!id) co_return base::fail(base::ErrorCode::not_found, "not_found", "There is no such run.");
  const auto run = co_await ledger.load_run(exchange.caller.account, *id);
  if (!run) co_return std::unexpected(run.error());
  base::JsonWriter json(exchange.response.body);
  append_run_detail(json, *run, ledger.tariff_version(run->tariff));
  co_return base::Result<void>{};
}

void render_warnings(http::Exchange& exchange, const WarningSettings& settings) {
  base::JsonWriter json(exchange.response.body);
  json.begin_object();
  json.field("hour", settings.levels[0]);
  json.field("quarter_hour", settings.levels[1]);
  json.field("zero", settings.levels[2]);
  json.field("mail", settings.mail);
  json.end_object();
}

base::Task<base::Result<void>> get_warnings(LedgerService& ledger, http::Exchange& exchange) {
  const auto settings = co_await ledger.load_warnings(exchange.caller.account);
  if (!settings) co_return std::unexpected(settings.error());
  render_warnings(exchange, *settings);
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> patch_warnings(LedgerService& ledger, http::Exchange& exchange) {
  RL_CO_TRY(const auto object, base::parse_json_object(exchange.request.body));
  base::ObjectReader reader(object);
  const auto flag = [&](std::string_view name) {
    const bool value = reader.flag_or(name, false);
    return object.contains(name) ? std::optional{value} : std::nullopt;
  };
  const WarningChange change{.levels = {flag("hour"), flag("quarter_hour"), flag("zero")},
                             .mail = flag("mail")};
  RL_CO_TRY_VOID(reader.finish());
  const auto settings = co_await ledger.change_warnings(exchange.caller.account, change);
  if (!settings) co_return std::unexpected(settings.error());
  render_warnings(exchange, *settings);
  co_return base::Result<void>{};
}

}  // namespace

void add_routes(http::Router& router, LedgerService& ledger, AccountCheck account_exists) {
  const http::RoutePolicy mine{.access = http::Access::signed_in,
                               .scope = http::Scope::billing_read};
  router.add_async(http::Method::get, "/v1/ledger", mine,
                   [&ledger](http::Exchange& exchange) { return get_entries(ledger, exchange); });
  router.add_async(http::Method::get, "/v1/runs", mine,
                   [&ledger](http::Exchange& exchange) { return get_runs(ledger, exchange); });
  router.add_async(http::Method::get, "/v1/runs/{id}", mine,
                   [&ledger](http::Exchange& exchange) { return get_run(ledger, exchange); });
  router.add_async(http::Method::get, "/v1/receipts", mine,
                   [&ledger](http::Exchange& exchange) { return get_receipt(ledger, exchange); });
  router.add_async(http::Method::get, "/v1/balance/warnings", mine,
                   [&ledger](http::Exchange& exchange) { return get_warnings(ledger, exchange); });
  router.add_async(
      http::Method::patch, "/v1/balance/warnings",
      {.access = http::Access::signed_in, .scope = http::Scope::billing_write},
      [&ledger](http::Exchange& exchange) { return patch_warnings(ledger, exchange); });
  add_operator_routes(router, ledger, std::move(account_exists));
}

}  // namespace ledger
