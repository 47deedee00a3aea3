#include "features/metering/metering_api.hpp"

#include "base/json.hpp"
#include "features/metering/balance_view.hpp"
#include "http/sse.hpp"

namespace metering {

namespace {

struct Parts {
  MeteringService& metering;
  ledger::LedgerService& ledger;
  base::Timers& timers;
  const base::Clock& clock;
};

base::Task<base::Result<BalanceView>> load_view(Parts parts, base::AccountId account) {
  auto view = parts.metering.view(account, parts.clock.now());
  if (!view) {
    RL_CO_TRY_VOID(co_await parts.metering.load(account));
    view = parts.metering.view(account, parts.clock.now());
  }
  if (!view) co_return base::fail_internal("an account left the meter while it was loaded");
  co_return *view;
}

const char* grant_kind_word(ledger::GrantKind kind) {
  switch (kind) {
    case ledger::GrantKind::purchase:
      return "purchase";
    case ledger::GrantKind::subscription:
      return "subscription";
    case ledger::GrantKind::trial:
      return "trial";
    case ledger::GrantKind::promotional:
      return "promotional";
    case ledger::GrantKind::manual:
      return "manual";
  }
  return "manual";
}

void append_grant(base::JsonWriter& json, const ledger::StoredGrant& grant) {
  json.begin_object();
  json.field("id", grant.id.text());
  json.field("kind", grant_kind_word(grant.kind));
  json.field("total_ms", grant.issued.count());
  json.field("remaining_ms", grant.available.count());
  json.field("held_ms", grant.held.count());
  json.key("expires_at");
  if (grant.expires_at)
    json.value(base::format_rfc3339(*grant.expires_at));
  else
    json.null();
  json.field("priority", grant.priority);
  json.end_object();
}

base::Task<base::Result<void>> get_balance(Parts parts, http::Exchange& exchange) {
  const auto account = exchange.caller.account;
  RL_CO_TRY(const auto view, co_await load_view(parts, account));
  RL_CO_TRY(const auto grants, co_await parts.ledger.list_grants(account));
  base::JsonWriter json(exchange.response.body);
  json.begin_object();
  append_balance_members(json, view, parts.clock.now());
  json.key("grants");
  json.begin_array();
  for (const auto& grant : grants) append_grant(json, grant);
  json.end_array();
  json.end_object();
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> stream_balance(Parts parts, http::Exchange& exchange) {
  const auto account = exchange.caller.account;
  RL_CO_TRY(const auto view, co_await load_view(parts, account));
  const http::EventChannel channel;
  http::answer_with_events(exchange, channel, parts.timers, parts.clock);
  parts.metering.subscribe(view.account, channel, parts.clock.now());
  co_return base::Result<void>{};
}

// Admitted by the pipeline, which records the proof when the answer is ready. The balance stream
// tells the rest; a page beats every 20 s, a client as often as it likes.
base::Result<void> post_beat(http::Exchange& exchange) {
  exchange.response.status = 202;
  base::JsonWriter json(exchange.response.body);
  json.begin_object();
  json.field("remaining_seconds", exchange.notes.remaining_ms / 1'000);
  json.end_object();
  return {};
}

}  // namespace

void add_routes(http::Router& router, MeteringService& metering, ledger::LedgerService& ledger,
                base::Timers& timers, const base::Clock& clock) {
  const Parts parts{metering, ledger, timers, clock};
  const http::RoutePolicy policy{.access = http::Access::signed_in,
                                 .scope = http::Scope::billing_read};
  router.add_async(http::Method::get, "/v1/balance", policy,
                   [parts](http::Exchange& exchange) { return get_balance(parts, exchange); });
  auto stream_policy = policy;
  stream_policy.lasting = true;
  router.add_async(http::Method::get, "/v1/balance/stream", stream_policy,
                   [parts](http::Exchange& exchange) { return stream_balance(parts, exchange); });
  router.add({http::Method::post,
              "/v1/beats",
              {.access = http::Access::signed_in, .metered = true, .beat = true},
              http::PlainHandler{post_beat}});
}

}  // namespace metering
