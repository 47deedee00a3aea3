// For tests: a till with a real database and ledger, one account, and a provider that can fail.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "features/billing/billing_service.hpp"
#include "features/billing/signature.hpp"
#include "features/billing/test_event.hpp"
#include "sql/migrations.hpp"
#include "sql/temp_database.hpp"

namespace billing {

class FakeProvider final : public CheckoutProvider {
 public:
  base::Task<base::Result<CheckoutSession>> create_session(const Order& order) override {
    ++calls;
    if (fails) co_return base::fail_internal("the provider is away");
    const auto id = "cs_test_" + order.id.text();
    co_return CheckoutSession{.id = id, .url = "http://127.0.0.1:1/test-checkout/" + id};
  }
  std::atomic<int> calls = 0;  // tests order from several threads at once
  bool fails = false;
};

class Till {
 public:
  Till();
  // As after a restart: the same files, everything else new.
  void reopen();

  Order start_order(std::string sku = "hours-5");
  base::Result<void> deliver(const std::string& body);
  base::Result<void> deliver(const std::string& body, const std::string& signature);
  Order reload(const Order& order);
  std::int64_t available_ms();
  BillingHealth health();
  void run_sql(std::string script);

  base::SimulatedClock clock{base::from_micros(1'795'000'000'000'000)};
  base::SystemRandom random;
  base::Log log{{}, clock};
  BillingOptions options;
  FakeProvider provider;
  sql::TempDatabase database;
  base::AccountId account{base::IdBits{7, 7}};
  std::unique_ptr<ledger::LedgerService> ledger;
  std::unique_ptr<BillingService> service;
};

}  // namespace billing
