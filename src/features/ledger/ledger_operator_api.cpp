// The ledger's routes for operators: every change has a reason and an actor in
// the journal.
#include <algorithm>

#include "base/json.hpp"
#include "features/ledger/ledger_api.hpp"
#include "features/ledger/ledger_json.hpp"

namespace ledger {

namespace {

constexpr std::int64_t kTenYears = 315'360'000'000;

struct Parts {
  LedgerService& ledger;
  AccountCheck account_exists;
};

base::Result<std::string> key_of(const http::Exchange& exchange) {
  const auto key = exchange.request.header("Idempotency-Key");
  if (!key) return std::string{};
  const bool visible = std::ranges::all_of(*key, [](char c) { return c > ' ' && c < '\x7f'; });
  if (key->empty() || key->size() > 255 || !visible)
    return base::invalid_field("Idempotency-Key",
                               "Idempotency-Key must have 1 to 255 visible ASCII characters.");
  return "manual:" + exchange.caller.user.text() + ":" + std::string{*key};
}

std::optional<base::Instant> instant_of(base::ObjectReader& reader, std::string_view name) {
  const auto* value = reader.value(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto* text = value->if_string();
  const auto at = text == nullptr ? base::parse_rfc3339("") : base::parse_rfc3339(*text);
  if (!at) reader.reject(name, "must be an RFC 3339 instant or null");
  return at ? std::optional{*at} : std::nullopt;
}

base::AccountId account_of(base::ObjectReader& reader) {
  const auto account = base::AccountId::parse(reader.text("account_id", 1, 64));
  if (!account) reader.reject("account_id", "This is no account id (acc_…).");
  return account.value_or(base::AccountId{});
}

base::Result<NewGrant> parse_grant(const http::Exchange& exchange) {
  RL_TRY(const auto object, base::parse_json_object(exchange.request.body));
  base::ObjectReader reader(object);
  NewGrant grant;
  grant.account = account_of(reader);
  grant.amount = base::Millis{reader.integer("amount_ms", 1, kTenYears)};
  const auto kind = parse_grant_kind(reader.optional_text("kind", 1, 32).value_or("manual"));
  // Bought time comes from a payment, trial time from a new account.
  if (!kind || *kind == GrantKind::purchase || *kind == GrantKind::trial)
    reader.reject("kind", "kind must be manual, promotional or subscription.");
  grant.kind = kind.value_or(GrantKind::manual);
  grant.reason = reader.text("reason", 1, 500);
  grant.expires_at = instant_of(reader, "expires_at");
  RL_TRY_VOID(reader.finish());
  RL_TRY(grant.business_key, key_of(exchange));
  grant.actor = exchange.caller.user.text();
  return grant;
}

base::Task<base::Result<void>> check_account(const Parts& parts, base::AccountId account) {
  if (!parts.account_exists) co_return base::Result<void>{};
  const auto exists = co_await parts.account_exists(account);
  if (!exists) co_return std::unexpected(exists.error());
  if (!*exists)
    co_return base::fail(base::ErrorCode::not_found, "not_found", "There is no such account.");
  co_return base::Result<void>{};
}

void render_grants(http::Exchange& exchange, const std::vector<StoredGrant>& grants) {
  base::JsonWriter json(exchange.response.body);
  json.begin_object();
  json.key("data");
  json.begin_array();
  for (const auto& grant : grants) append_grant(json, grant);
  json.end_array();
  json.field("next_cursor", std::optional<std::string>{});
  json.end_object();
}

base::Task<base::Result<void>> post_grant(const Parts& parts, http::Exchange& exchange) {
  RL_CO_TRY(auto wanted, parse_grant(exchange));
  const auto there = co_await check_account(parts, wanted.account);
  if (!there) co_return std::unexpected(there.error());
  const auto grant = co_await parts.ledger.issue(std::move(wanted));
  if (!grant) co_return std::unexpected(grant.error());
  exchange.response.status = 201;
  base::JsonWriter json(exchange.response.body);
  append_grant(json, *grant);
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> get_grants(const Parts& parts, http::Exchange& exchange) {
  const auto account =
      base::AccountId::parse(exchange.request.query_value("account_id").value_or(""));
  if (!account) co_return base::invalid_field("account_id", "account_id must be an id (acc_…).");
  const auto grants = co_await parts.ledger.list_grants(*account, true);
  if (!grants) co_return std::unexpected(grants.error());
  render_grants(exchange, *grants);
  co_return base::Result<void>{};
}

struct Change {
  GrantChange what = GrantChange::adjust;
  base::Millis amount{};
  OperatorOrder order;
};

base::Result<Change> parse_change(const http::Exchange& exchange) {
  RL_TRY(const auto object, base::parse_json_object(exchange.request.body));
  base::ObjectReader reader(object);
  Change change;
  const auto what = parse_grant_change(reader.text("change", 1, 32));
  if (!what) reader.reject("change", "must be adjust, hold, release, revoke or restore");
  change.what = what.value_or(GrantChange::adjust);
  change.amount = base::Millis{reader.integer_or("amount_ms", -kTenYears, kTenYears, 0)};
  change.order.reason = reader.text("reason", 1, 500);
  RL_TRY_VOID(reader.finish());
  RL_TRY(change.order.key, key_of(exchange));
  change.order.actor = exchange.caller.user.text();
  return change;
}

base::Task<base::Result<void>> post_change(const Parts& parts, http::Exchange& exchange) {
  RL_CO_TRY(auto change, parse_change(exchange));
  const auto id = base::GrantId::parse(exchange.path_values[0]);
  if (!id) co_return base::fail(base::ErrorCode::not_found, "not_found", "There is no such grant.");
  const auto grant =
      co_await parts.ledger.change(*id, change.what, change.amount, std::move(change.order));
  if (!grant) co_return std::unexpected(grant.error());
  base::JsonWriter json(exchange.response.body);
  append_grant(json, *grant);
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> post_rollover(const Parts& parts, http::Exchange& exchange) {
  RL_CO_TRY(const auto object, base::parse_json_object(exchange.request.body));
  base::ObjectReader reader(object);
  const base::Millis cap{reader.integer("cap_ms", 1, kTenYears)};
  const auto until = instant_of(reader, "expires_at");
  OperatorOrder order;
  order.reason = reader.text("reason", 1, 500);
  RL_CO_TRY_VOID(reader.finish());
  order.actor = exchange.caller.user.text();
  const auto id = base::GrantId::parse(exchange.path_values[0]);
  if (!id) co_return base::fail(base::ErrorCode::not_found, "not_found", "There is no such grant.");
  const auto grant = co_await parts.ledger.roll_over(*id, cap, until, std::move(order));
  if (!grant) co_return std::unexpected(grant.error());
  exchange.response.status = 201;
  base::JsonWriter json(exchange.response.body);
  append_grant(json, *grant);
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> post_hold(const Parts& parts, http::Exchange& exchange) {
  RL_CO_TRY(const auto object, base::parse_json_object(exchange.request.body));
  base::ObjectReader reader(object);
  const auto account = account_of(reader);
  const bool held = reader.flag_or("held", true);
  OperatorOrder order;
  order.reason = reader.text("reason", 1, 500);
  RL_CO_TRY_VOID(reader.finish());
  RL_CO_TRY(order.key, key_of(exchange));
  order.actor = exchange.caller.user.text();
  const auto there = co_await check_account(parts, account);
  if (!there) co_return std::unexpected(there.error());
  const auto grants = co_await parts.ledger.hold_account(account, held, std::move(order));
  if (!grants) co_return std::unexpected(grants.error());
  render_grants(exchange, *grants);
  co_return base::Result<void>{};
}

base::Result<void> get_tariffs(LedgerService& ledger, http::Exchange& exchange) {
  base::JsonWriter json(exchange.response.body);
  json.begin_object();
  json.key("data");
  json.begin_array();
  for (const auto& version : ledger.tariff_versions()) append_tariff(json, version);
  json.end_array();
  json.field("next_cursor", std::optional<std::string>{});
  json.end_object();
  return {};
}

base::Task<base::Result<void>> post_tariff(const Parts& parts, http::Exchange& exchange) {
  constexpr std::int64_t kHour = 3'600'000;
  RL_CO_TRY(const auto object, base::parse_json_object(exchange.request.body));
  base::ObjectReader reader(object);
  auto tariff = parts.ledger.tariff();
  const auto gap = std::chrono::floor<base::Millis>(tariff.idle_gap).count();
  const auto least = std::chrono::floor<base::Millis>(tariff.min_proof).count();
  tariff.idle_gap = base::Millis{reader.integer_or("idle_gap_ms", 0, kHour, gap)};
  tariff.min_proof = base::Millis{reader.integer_or("min_proof_ms", 1, kHour, least)};
  if (const auto name = reader.optional_text("concurrency", 1, 32)) {
    const auto parsed = parse_concurrency(*name);
    if (!parsed) reader.reject("concurrency", "must be union, per_user or max_n");
    tariff.concurrency = parsed.value_or(tariff.concurrency);
  }
  tariff.max_parallel =
      static_cast<int>(reader.integer_or("max_parallel", 1, 1'000, tariff.max_parallel));
  const auto from = instant_of(reader, "applies_from");
  auto reason = reader.text("reason", 1, 500);
  RL_CO_TRY_VOID(reader.finish());
  const auto made = co_await parts.ledger.set_tariff(tariff, from, std::move(reason),
                                                     exchange.caller.user.text());
  if (!made) co_return std::unexpected(made.error());
  exchange.response.status = 201;
  base::JsonWriter json(exchange.response.body);
  append_tariff(json, *made);
  co_return base::Result<void>{};
}

}  // namespace

void add_operator_routes(http::Router& router, LedgerService& ledger, AccountCheck account_exists) {
  using http::Scope;
  const auto operators = [](Scope scope) {
    return http::RoutePolicy{.access = http::Access::operator_only, .scope = scope};
  };
  const Parts parts{ledger, std::move(account_exists)};
  const auto add = [&](http::Method method, const char* pattern, Scope scope, auto handler) {
    router.add_async(method, pattern, operators(scope), [parts, handler](http::Exchange& exchange) {
      return handler(parts, exchange);
    });
  };
  add(http::Method::get, "/v1/admin/grants", Scope::operator_read, get_grants);
  add(http::Method::post, "/v1/admin/grants", Scope::operator_finance, post_grant);
  add(http::Method::post, "/v1/admin/grants/{id}", Scope::operator_finance, post_change);
  add(http::Method::post, "/v1/admin/grants/{id}/rollover", Scope::operator_finance, post_rollover);
  add(http::Method::post, "/v1/admin/holds", Scope::operator_finance, post_hold);
  add(http::Method::post, "/v1/admin/tariffs", Scope::operator_admin, post_tariff);
  router.get("/v1/admin/tariffs", operators(Scope::operator_read),
             [&ledger](http::Exchange& exchange) { return get_tariffs(ledger, exchange); });
}

}  // namespace ledger
