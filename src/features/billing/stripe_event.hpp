// What we read of an event: its envelope, and the checkout session when it is about one. Unknown
// fields and types are tolerated; Stripe adds some every month.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace billing {

struct SessionSnapshot {
  std::string id;
  std::string mode;            // "payment"
  std::string payment_status;  // "paid", "unpaid", "no_payment_required"
  std::string currency;
  std::optional<std::int64_t> amount_subtotal;  // before promotion codes and tax
  std::string order;                            // metadata.redline_order_id; may be empty
  std::string account;                          // client_reference_id; may be empty
  std::string payment_intent;                   // may be empty
};

struct StripeEvent {
  std::string id;
  std::string type;
  base::Instant created;
  bool live = false;
  std::optional<SessionSnapshot> session;
};

// `malformed` when it is no event: not JSON, no id, no type.
[[nodiscard]] base::Result<StripeEvent> parse_event(std::string_view body);

}  // namespace billing
