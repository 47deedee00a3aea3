#include "app/system_api.hpp"

#include <fmt/format.h>

#include "app/version.hpp"
#include "base/json.hpp"

namespace app {
namespace {

enum class Status : std::uint8_t { ok, degraded, down };

std::string_view status_name(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::degraded:
      return "degraded";
    case Status::down:
      return "down";
  }
  return "down";
}

struct Component {
  std::string_view name;
  Status status = Status::ok;
  std::int64_t latency_us = 0;
  std::string detail;
};

constexpr std::int64_t kLateSettlementMs = 10'000;
// Places in what look() gives.
constexpr std::size_t kLedger = 1;
constexpr std::size_t kStripe = 4;

// The text of a store's error may hold a path: it is in the log, not here.
Component ledger_component(const sql::Database::Health& ledger) {
  const auto latency = ledger.last_commit.count();
  if (!ledger.ok)
    return {"ledger", Status::down, latency, "the last commit failed; the log says why"};
  if (!ledger.damage.empty()) return {"ledger", Status::degraded, latency, ledger.damage};
  return {"ledger", Status::ok, latency, fmt::format("{} commands waiting", ledger.queued)};
}

Component gateway_component(const gateway::GatewayService& gateway) {
  std::string out_of_reach;
  const auto routes = gateway.health();
  for (const auto& route : routes)
    if (!route.upstream.up) out_of_reach += fmt::format(" {}", route.prefix);
  if (out_of_reach.empty())
    return {"gateway", Status::ok, 0, fmt::format("{} applications", routes.size())};
  return {"gateway", Status::degraded, 0, "not reached:" + out_of_reach};
}

std::vector<Component> look(const SystemParts& parts) {
  const auto meter = parts.metering.health(parts.clock.now());
  const auto workers = parts.workspace.health();
  const auto history = parts.history.health();
  const auto http = parts.server.stats();
  std::vector<Component> components{
      {"http", Status::ok, 0, fmt::format("{} connections open", http.connections_open)},
      ledger_component(parts.database.health()),
      {"metering", meter.settlement_lag_ms > kLateSettlementMs ? Status::degraded : Status::ok, 0,
       fmt::format("{} settlements failed", meter.failed_settlements)},
      {"workspaces", workers.ok ? Status::ok : Status::degraded, 0,
       workers.ok ? fmt::format("{} workers, {} calls", workers.workers, workers.calls)
                  : "a worker could not be started; the log says why"},
      {"stripe", Status::ok, 0,
       parts.billing.options().mode == billing::PaymentMode::test_page
           ? "test page, no real payments"
           : "connected"},
      gateway_component(parts.gateway),
      {"history", history.ok ? Status::ok : Status::degraded, 0,
       history.ok ? "" : "usage reports are not written; the log says why"},
  };
  if (const auto keys = parts.identity.key_set_health())
    components.push_back(
        {"jwks", keys->usable && keys->ok ? Status::ok : Status::degraded, 0,
         keys->age_seconds < 0
             ? std::string(keys->ok ? "not needed yet" : "the key set cannot be fetched")
             : fmt::format("{} keys, {} s old{}", keys->keys, keys->age_seconds,
                           keys->usable ? "" : ": too old, tokens are refused")});
  return components;
}

Status overall(const std::vector<Component>& components) {
  auto worst = Status::ok;
  for (const auto& component : components) worst = std::max(worst, component.status);
  return worst;
}

void write_health(std::string& out, const SystemParts& parts,
                  const std::vector<Component>& components,
                  const billing::BillingHealth& webhooks) {
  const auto now = parts.clock.now();
  base::JsonWriter json(out);
  json.begin_object();
  json.field("status", status_name(overall(components)));
  json.field("version", kVersion);
  json.field("uptime_seconds",
             std::chrono::floor<std::chrono::seconds>(now - parts.started).count());
  json.key("components");
  json.begin_object();
  for (const auto& component : components) {
    json.key(component.name);
    json.begin_object();
    json.field("status", status_name(component.status));
    json.field("latency_ms", component.latency_us / 1'000);
    json.field("detail", component.detail);
    json.end_object();
  }
  json.end_object();

  const auto meter = parts.metering.health(now);
  json.key("usage_tracking");
  json.begin_object();
  json.field("accounts_live", meter.accounts_live);
  json.field("settlement_lag_ms", meter.settlement_lag_ms);
  json.field("unsettled_ms", meter.unsettled_ms);
  json.end_object();

  json.key("subscriptions");
  json.begin_object();
  json.key("last_webhook_at");
  if (webhooks.last_webhook_at)
    json.value(base::format_rfc3339(*webhooks.last_webhook_at));
  else
    json.null();
  json.field("inbox_backlog", webhooks.inbox_backlog);
  json.field("dead_letters", webhooks.dead_letters);
  json.end_object();
  json.end_object();
}

class Metrics {
 public:
  explicit Metrics(std::string& out) : out_(out) {}
  template <class Number>
  void add(std::string_view name, std::string_view kind, std::string_view help, Number value) {
    head(name, kind, help);
    fmt::format_to(std::back_inserter(out_), "{} {}\n", name, value);
  }
  void head(std::string_view name, std::string_view kind, std::string_view help) {
    fmt::format_to(std::back_inserter(out_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, kind, help);
  }
  template <class Number>
  void labelled(std::string_view name, std::string_view label, std::string_view value,
                Number number) {
    fmt::format_to(std::back_inserter(out_), "{}{{{}=\"{}\"}} {}\n", name, label, value, number);
  }

 private:
  std::string& out_;
};

void write_metrics(std::string& out, const SystemParts& parts) {
  Metrics metrics(out);
  metrics.head("redline_http_answers_total", "counter", "Answers by status class.");
  for (std::size_t slot = 1; slot < parts.traffic.answers.size(); ++slot)
    metrics.labelled("redline_http_answers_total", "class", fmt::format("{}xx", slot),
                     parts.traffic.answers[slot].load());
  metrics.add("redline_http_bytes_sent_total", "counter", "Bytes of answers.",
              parts.traffic.bytes_out.load());
  metrics.add("redline_http_busy_microseconds_total", "counter",
              "Time from arrival to the last byte.", parts.traffic.busy_us.load());
  metrics.add("redline_metered_requests_total", "counter", "Requests that were proof of use.",
              parts.traffic.metered.load());
  metrics.add("redline_payment_required_total", "counter", "Answers 402.",
              parts.traffic.refused_payment.load());
  metrics.add("redline_rate_limited_total", "counter", "Answers 429.",
              parts.traffic.refused_limit.load());
  const auto http = parts.server.stats();
  metrics.add("redline_http_connections", "gauge", "Open connections.", http.connections_open);
  metrics.add("redline_http_parse_errors_total", "counter", "Requests refused by the parser.",
              http.parse_errors_total);
  const auto meter = parts.metering.health(parts.clock.now());
  metrics.add("redline_accounts_live", "gauge", "Accounts in the live meter.", meter.accounts_live);
  metrics.add("redline_streams_open", "gauge", "Metered requests under way.", meter.streams_open);
  metrics.add("redline_unsettled_ms", "gauge", "Billed time not yet in the ledger.",
              meter.unsettled_ms);
  metrics.add("redline_settlement_lag_ms", "gauge", "Age of the oldest unsettled use.",
              meter.settlement_lag_ms);
  metrics.add("redline_settlements_failed_total", "counter", "Settlements that failed.",
              meter.failed_settlements);
  const auto store = parts.database.health();
  metrics.add("redline_password_computations_total", "counter", "Passwords hashed or checked.",
              parts.identity.password_computations());
  metrics.add("redline_store_queue", "gauge", "Commands waiting for a commit.", store.queued);
  metrics.add("redline_store_commit_microseconds", "gauge", "Duration of the last commit.",
              store.last_commit.count());
  const auto events = parts.billing.counters();
  metrics.add("redline_webhook_events_total", "counter", "Signed events.", events.events_received);
  metrics.add("redline_webhook_signatures_refused_total", "counter",
              "Events without a good signature.", events.signatures_refused);
  metrics.add("redline_grants_paid_total", "counter", "Grants for payments.", events.grants_issued);
  const auto workers = parts.workspace.health();
  metrics.add("redline_workers", "gauge", "Worker processes.", workers.workers);
  metrics.add("redline_workers_died_total", "counter", "Workers that ended unasked.",
              workers.died_total);
  metrics.add("redline_workers_killed_total", "counter", "Workers killed at a deadline.",
              workers.killed_total);
  metrics.add("redline_history_dropped_total", "counter", "Requests that usage reports lack.",
              parts.history.health().dropped);
  metrics.add("redline_log_lines_dropped_total", "counter", "Log lines lost to a full backlog.",
              parts.log.dropped());
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

// Reads the inbox through the store, so that a store that cannot be read shows.
base::Task<base::Result<void>> answer_health(const SystemParts& parts, http::Exchange& exchange) {
  auto components = look(parts);
  const auto asked = parts.clock.now();
  const auto webhooks = co_await parts.billing.load_health();
  auto& ledger = components[kLedger];
  ledger.latency_us = (parts.clock.now() - asked).count();
  if (!webhooks) {
    ledger.status = Status::down;
    ledger.detail = "the database cannot be read; the log says why";
  } else if (webhooks->dead_letters > 0) {
    components[kStripe].status = Status::degraded;
    components[kStripe].detail = fmt::format("{} events need a person", webhooks->dead_letters);
  }
  if (overall(components) == Status::down) exchange.response.status = 503;
  write_health(exchange.response.body, parts, components,
               webhooks.value_or(billing::BillingHealth{}));
  co_return base::Result<void>{};
}

constexpr http::RoutePolicy kOpen{.access = http::Access::open, .cost = http::CostClass::free};

}  // namespace

void add_system_routes(http::Router& router, const SystemParts& parts) {
  router.add_async(http::Method::get, "/health", kOpen,
                   [&parts](http::Exchange& exchange) { return answer_health(parts, exchange); });
  router.get("/health/live", kOpen, [](http::Exchange& exchange) -> base::Result<void> {
    exchange.response.body = R"({"status":"ok"})";
    return {};
  });
  router.get("/health/ready", kOpen, [&parts](http::Exchange& exchange) -> base::Result<void> {
    const bool ready = overall(look(parts)) != Status::down;
    exchange.response.status = ready ? 200 : 503;
    exchange.response.body = ready ? R"({"status":"ok"})" : R"({"status":"down"})";
    return {};
  });
  router.get("/metrics", kOpen, [&parts](http::Exchange& exchange) -> base::Result<void> {
    if (!is_loopback(exchange.request.peer_address) && !exchange.caller.is_operator)
      return base::fail(base::ErrorCode::forbidden, "forbidden",
                        "Metrics are for operators, or from this machine.");
    exchange.response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    write_metrics(exchange.response.body, parts);
    return {};
  });
}

}  // namespace app
