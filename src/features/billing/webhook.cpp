#include "features/billing/webhook.hpp"

#include <fmt/format.h>

#include "features/billing/fulfilment.hpp"
#include "features/billing/order_store.hpp"

namespace billing {
namespace {

constexpr std::int64_t kMsPerHour = 3'600'000;
constexpr int kPurchasePriority = 50;

ledger::NewGrant grant_for(const Order& order, const SessionSnapshot& session, base::Instant now) {
  ledger::NewGrant grant{
      .account = order.account,
      .kind = ledger::GrantKind::purchase,
      .amount = base::Millis{order.hours * kMsPerHour},
      .priority = kPurchasePriority,
      .expires_at = {},
      .business_key = "checkout:" + session.id,
      .reason = fmt::format("Bought {} h ({} x {})", order.hours, order.quantity, order.sku),
      .actor = "stripe"};
  if (order.expires_days > 0) grant.expires_at = now + std::chrono::days{order.expires_days};
  return grant;
}

base::Result<Handled> grant_hours(sql::OperatorTx& tx, ledger::LedgerService& ledger,
                                  const BillingOptions& options, const Order& order,
                                  const SessionSnapshot& session, base::Instant now) {
  RL_TRY(const auto issued, ledger.issue_grant(tx, grant_for(order, session, now), now));
  if (options.on_bought && !issued.already_known) RL_TRY_VOID(options.on_bought(tx, order.account));
  mark_paid(tx, order.id,
            {.grant = issued.id,
             .session = session.id,
             .payment_intent = session.payment_intent,
             .at = now});
  return Handled{.outcome = issued.already_known ? Outcome::unchanged : Outcome::granted,
                 .order = order.id.text()};
}

std::optional<Order> order_of(sql::OperatorTx& tx, const SessionSnapshot& session) {
  if (const auto id = base::OrderId::parse(session.order))
    if (auto order = find_any_order(tx, *id)) return order;
  return find_order_of_session(tx, session.id);
}

base::Result<Handled> close(sql::OperatorTx& tx, const Order& order, OrderState state,
                            base::Instant now) {
  mark_closed(tx, order.id, state, now);
  return Handled{.outcome = state == OrderState::failed ? Outcome::failed : Outcome::expired,
                 .order = order.id.text()};
}

base::Result<Handled> apply(sql::OperatorTx& tx, ledger::LedgerService& ledger,
                            const BillingOptions& options, const SessionSnapshot& session,
                            SessionEvent kind, base::Instant now) {
  const auto order = order_of(tx, session);
  if (!order) return Handled{.outcome = Outcome::unknown_order, .detail = session.id};
  const auto verdict = judge(*order, session, kind);
  switch (verdict.what) {
    case Fulfilment::grant:
      return grant_hours(tx, ledger, options, *order, session, now);
    case Fulfilment::wait:
      return Handled{.outcome = Outcome::waiting, .order = order->id.text()};
    case Fulfilment::fail:
      return close(tx, *order, OrderState::failed, now);
    case Fulfilment::expire:
      return close(tx, *order, OrderState::expired, now);
    case Fulfilment::nothing:
      return Handled{.outcome = Outcome::unchanged, .order = order->id.text()};
    case Fulfilment::contradiction:
      return Handled{
          .outcome = Outcome::contradiction, .order = order->id.text(), .detail = verdict.why};
  }
  return base::fail_internal("no such verdict");
}

base::Result<Handled> decide(sql::OperatorTx& tx, ledger::LedgerService& ledger,
                             const BillingOptions& options, const StripeEvent& event,
                             base::Instant now) {
  if (event.live != options.live) return Handled{.outcome = Outcome::other_mode};
  const auto kind = parse_session_event(event.type);
  if (!kind || !event.session) return Handled{.outcome = Outcome::other_type};
  // A subscription's checkout is not about hours.
  if (event.session->mode == "subscription") return Handled{.outcome = Outcome::other_type};
  return apply(tx, ledger, options, *event.session, *kind, now);
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::granted:
      return "granted";
    case Outcome::waiting:
      return "waiting";
    case Outcome::failed:
      return "failed";
    case Outcome::expired:
      return "expired";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::repeated:
      return "repeated";
    case Outcome::other_type:
      return "other_type";
    case Outcome::other_mode:
      return "other_mode";
    case Outcome::unknown_order:
      return "unknown_order";
    case Outcome::contradiction:
      return "contradiction";
  }
  return "";
}

base::Result<Handled> handle_event(sql::OperatorTx& tx, ledger::LedgerService& ledger,
                                   const BillingOptions& options, const Delivery& delivery) {
  if (!open_event(tx, delivery)) return Handled{.outcome = Outcome::repeated};
  RL_TRY(auto handled, decide(tx, ledger, options, delivery.event, delivery.at));
  mark_processed(tx, delivery.event.id, outcome_name(handled.outcome), handled.detail, delivery.at);
  return handled;
}

}  // namespace billing
