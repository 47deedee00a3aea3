// Events as Stripe would send them about a session of the test checkout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "features/billing/order.hpp"

namespace billing {

enum class TestOutcome : std::uint8_t { paid, declined, cancelled };
[[nodiscard]] std::optional<TestOutcome> parse_test_outcome(std::string_view word);

// JSON of a checkout.session event: completed (paid), async_payment_failed (declined) or expired
// (cancelled). `order` has a session.
[[nodiscard]] std::string make_test_event(const Order& order, TestOutcome outcome,
                                          std::string_view event_id, base::Instant now);

}  // namespace billing
