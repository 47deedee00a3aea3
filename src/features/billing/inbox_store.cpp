#include "features/billing/inbox_store.hpp"

namespace billing {

bool open_event(sql::OperatorTx& tx, const Delivery& delivery) {
  const auto& event = delivery.event;
  auto insert = tx.prepare(
      "INSERT INTO stripe_inbox (event_id, type, live, created_at, received_at, body) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (event_id) DO NOTHING");
  insert.bind(1, std::string_view{event.id}).bind(2, std::string_view{event.type});
  insert.bind(3, std::int64_t{event.live}).bind(4, base::to_micros(event.created));
  insert.bind(5, base::to_micros(delivery.at));
  insert.bind(6, std::as_bytes(std::span{delivery.body}));
  if (insert.run() == 1) return true;
  auto known =
      tx.prepare("SELECT 1 FROM stripe_inbox WHERE event_id = $1 AND processed_at IS NOT NULL");
  known.bind(1, std::string_view{event.id});
  return !known.step();
}

void mark_processed(sql::OperatorTx& tx, std::string_view event_id, std::string_view outcome,
                    std::string_view detail, base::Instant now) {
  auto update = tx.prepare(
      "UPDATE stripe_inbox SET outcome = $2, detail = $3, processed_at = $4 WHERE event_id = $1");
  update.bind(1, event_id).bind(2, outcome).bind(3, detail).bind(4, base::to_micros(now)).run();
}

void note_failure(sql::OperatorTx& tx, const Delivery& delivery, std::string_view detail) {
  if (!open_event(tx, delivery)) return;  // another delivery of it succeeded meanwhile
  auto update = tx.prepare(
      "UPDATE stripe_inbox SET attempts = attempts + 1, detail = $2 WHERE event_id = $1");
  update.bind(1, std::string_view{delivery.event.id}).bind(2, detail).run();
}

BillingHealth load_inbox_health(sql::OperatorTx& tx) {
  BillingHealth health;
  auto last = tx.prepare("SELECT MAX(received_at) FROM stripe_inbox");
  if (last.step() && !last.is_null(0)) health.last_webhook_at = base::from_micros(last.integer(0));
  auto waiting = tx.prepare("SELECT COUNT(*) FROM stripe_inbox WHERE processed_at IS NULL");
  if (waiting.step()) health.inbox_backlog = waiting.integer(0);
  auto dead = tx.prepare("SELECT COUNT(*) FROM stripe_inbox WHERE outcome = 'contradiction'");
  if (dead.step()) health.dead_letters = dead.integer(0);
  return health;
}

}  // namespace billing
