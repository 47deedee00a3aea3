#include "features/billing/test_event.hpp"

#include <fmt/format.h>

#include "base/json.hpp"

namespace billing {
namespace {

constexpr std::string_view kApiVersion = "2026-10-28.endive";

struct Story {
  std::string_view type;
  std::string_view payment_status;
  std::string_view status;
};

Story story_of(TestOutcome outcome) {
  switch (outcome) {
    case TestOutcome::paid:
      return {"checkout.session.completed", "paid", "complete"};
    case TestOutcome::declined:
      return {"checkout.session.async_payment_failed", "unpaid", "complete"};
    case TestOutcome::cancelled:
      return {"checkout.session.expired", "unpaid", "expired"};
  }
  return {};
}

void write_metadata(base::JsonWriter& out, const Order& order) {
  out.begin_object();
  out.field("redline_account_id", order.account.text());
  out.field("redline_order_id", order.id.text());
  out.field("redline_hours", fmt::format("{}", order.hours));
  out.field("redline_sku", order.sku);
  out.end_object();
}

void write_session(base::JsonWriter& out, const Order& order, const Story& story) {
  constexpr std::int64_t kDaySeconds = 86'400;
  const auto created = base::to_unix_seconds(order.created_at);
  out.begin_object();
  out.field("id", order.session.value_or(""));
  out.field("object", "checkout.session");
  out.field("amount_subtotal", order.amount.amount);
  out.field("amount_total", order.amount.amount);
  out.field("client_reference_id", order.account.text());
  out.field("created", created);
  out.field("currency", order.amount.currency);
  out.key("customer");
  out.null();
  out.field("expires_at", created + kDaySeconds);
  out.field("livemode", false);
  out.key("metadata");
  write_metadata(out, order);
  out.field("mode", "payment");
  out.key("payment_intent");
  out.null();
  out.field("payment_status", story.payment_status);
  out.field("status", story.status);
  out.key("url");
  out.null();
  out.end_object();
}

}  // namespace

std::optional<TestOutcome> parse_test_outcome(std::string_view word) {
  if (word == "paid") return TestOutcome::paid;
  if (word == "declined") return TestOutcome::declined;
  if (word == "cancelled") return TestOutcome::cancelled;
  return std::nullopt;
}

std::string make_test_event(const Order& order, TestOutcome outcome, std::string_view event_id,
                            base::Instant now) {
  const auto story = story_of(outcome);
  std::string body;
  base::JsonWriter out(body);
  out.begin_object();
  out.field("id", event_id);
  out.field("object", "event");
  out.field("api_version", kApiVersion);
  out.field("created", base::to_unix_seconds(now));
  out.key("data");
  out.begin_object();
  out.key("object");
  write_session(out, order, story);
  out.end_object();
  out.field("livemode", false);
  out.field("pending_webhooks", 1);
  out.key("request");
  out.begin_object();
  out.key("id");
  out.null();
  out.key("idempotency_key");
  out.null();
  out.end_object();
  out.field("type", story.type);
  out.end_object();
  return body;
}

}  // namespace billing
