// The inbox of payment events: each once, with what became of it.
#pragma once

#include <string_view>

#include "features/billing/billing_service.hpp"
#include "features/billing/stripe_event.hpp"
#include "sql/database.hpp"

namespace billing {

struct Delivery {
  const StripeEvent& event;
  std::string_view body;
  base::Instant at;
};

// False when this event was processed before. Otherwise it is in the inbox, waiting.
[[nodiscard]] bool open_event(sql::OperatorTx& tx, const Delivery& delivery);
// In the transaction of the effect.
void mark_processed(sql::OperatorTx& tx, std::string_view event_id, std::string_view outcome,
                    std::string_view detail, base::Instant now);
// In a transaction of its own, after the effect's was rolled back.
void note_failure(sql::OperatorTx& tx, const Delivery& delivery, std::string_view detail);
[[nodiscard]] BillingHealth load_inbox_health(sql::OperatorTx& tx);

}  // namespace billing
