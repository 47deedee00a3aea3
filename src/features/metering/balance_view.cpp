#include "features/metering/balance_view.hpp"

#include "features/metering/admission.hpp"

#include "base/json.hpp"

namespace metering {

namespace {

// Hours rounded down to 4 decimals, as text: no floating point on the path of time.
std::string hours_text(base::Millis time) {
  const auto parts = time.count() / 360;  // of 1/10000 hour
  auto decimals = std::to_string(10'000 + parts % 10'000).substr(1);
  return std::to_string(parts / 10'000) + '.' + decimals;
}

}  // namespace

const char* balance_state_name(BalanceState state) {
  switch (state) {
    case BalanceState::active:
      return "active";
    case BalanceState::exhausted:
      return "exhausted";
    case BalanceState::held:
      return "held";
    case BalanceState::empty:
      return "empty";
  }
  return "active";
}

void append_balance_members(base::JsonWriter& json, const BalanceView& view,
                            base::Instant server_time) {
  json.field("account", view.account.text());
  json.field("remaining_ms", view.remaining.count());
  json.field("remaining_seconds", view.remaining.count() / 1'000);
  json.key("remaining_hours");
  json.raw(hours_text(view.remaining));
  json.field("rate", view.rate);
  json.field("as_of", base::format_rfc3339(view.as_of));
  json.key("exhausts_at");
  if (view.exhausts_at)
    json.value(base::format_rfc3339(*view.exhausts_at));
  else
    json.null();
  json.field("state", balance_state_name(view.state));
  json.field("held_ms", view.held.count());
  json.field("debt_ms", view.debt.count());
  json.field("server_time", base::format_rfc3339(server_time));
}

void append_warning_members(base::JsonWriter& json, const ledger::LowBalance& warning) {
  json.field("level_seconds", warning.level.count() / 1'000);
  json.field("remaining_ms", warning.available.count());
  json.field("checkout_url", kCheckoutUrl);
}

}  // namespace metering
