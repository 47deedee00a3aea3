// Where an order is paid: the built-in pretend page, or Stripe.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "features/billing/order.hpp"

namespace billing {

struct CheckoutSession {
  std::string id;   // "cs_test_…"
  std::string url;  // where the buyer pays
};

class CheckoutProvider {
 public:
  virtual ~CheckoutProvider() = default;
  // May be called again for the same order after a crash or a lost answer; the order id is the
  // idempotency key. At most one of the sessions becomes the order's. `order` outlives the task.
  virtual base::Task<base::Result<CheckoutSession>> create_session(const Order& order) = 0;
};

}  // namespace billing
