// The built-in pretend checkout: a page that says it is a test, and whose buttons send a signed
// event of Stripe's shape to the real webhook route of the running server. It grants nothing
// itself.
#pragma once

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "features/billing/billing_options.hpp"
#include "features/billing/checkout_provider.hpp"
#include "http/router.hpp"
#include "sql/database.hpp"

namespace billing {

class TestCheckout final : public CheckoutProvider {
 public:
  // `address` is where the running server can be reached from itself ("http://127.0.0.1:43211");
  // asked at each use, so that port 0 works. It stands in for options.public_url when that is
  // empty. References outlive this. `options` passed check_test_mode().
  TestCheckout(sql::Database& database, const base::Clock& clock, base::Random& random,
               const BillingOptions& options, std::function<std::string()> address);

  base::Task<base::Result<CheckoutSession>> create_session(const Order& order) override;

  // GET and POST /test-checkout/{session}, GET /test-checkout.css. Nothing in any other mode than
  // test_page. Callers from other machines (seen through a trusted proxy) get 404.
  void add_routes(http::Router& router);

 private:
  base::Task<base::Result<void>> show(http::Exchange& exchange);
  base::Task<base::Result<void>> submit(http::Exchange& exchange);
  base::Task<base::Result<Order>> find_order(std::string session);
  base::Task<base::Result<void>> deliver(std::string event);
  [[nodiscard]] std::string public_url() const;

  sql::Database& database_;
  const base::Clock& clock_;
  base::Random& random_;
  const BillingOptions& options_;
  std::function<std::string()> address_;
};

}  // namespace billing
