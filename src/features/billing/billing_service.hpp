// Selling hours: orders, the webhook inbox, and the one grant for a paid order. Thread-safe: state
// lives in the database. Nothing here grants time but receive_event(), after its signature check.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/task.hpp"
#include "features/billing/billing_options.hpp"
#include "features/billing/checkout_provider.hpp"
#include "features/billing/order.hpp"
#include "features/ledger/ledger_service.hpp"
#include "sql/database.hpp"

namespace billing {

struct Handled;

inline constexpr std::int64_t kMaxQuantity = 100;

struct CheckoutRequest {
  base::AccountId account;
  std::string sku;
  std::int64_t quantity = 1;
  std::optional<std::string> idempotency_key{};  // kept for ever, per account
};

struct OrderPage {
  std::vector<Order> orders;  // newest first
  std::optional<std::string> next_cursor;
};

// For /health and /metrics.
struct BillingHealth {
  std::optional<base::Instant> last_webhook_at;
  std::int64_t inbox_backlog = 0;  // stored, not processed
  std::int64_t dead_letters = 0;   // signed and stored, but contradicting our order: a person looks
};
struct BillingCounters {
  std::uint64_t events_received = 0;
  std::uint64_t signatures_refused = 0;
  std::uint64_t events_repeated = 0;
  std::uint64_t events_of_other_types = 0;
  std::uint64_t grants_issued = 0;
};

class BillingService {
 public:
  // Everything passed by reference outlives the service. `options` passed check_options().
  BillingService(sql::Database& database, ledger::LedgerService& ledger, CheckoutProvider& provider,
                 const base::Clock& clock, base::Random& random, base::Log& log,
                 BillingOptions options);

  // Makes the order and its page. The same idempotency key answers the same order, whatever became
  // of it since; with another sku or quantity `idempotency_conflict`. `invalid` for an unknown sku.
  base::Task<base::Result<Order>> start_checkout(CheckoutRequest request);
  // `not_found` when it is not this account's.
  base::Task<base::Result<Order>> load_order(base::AccountId account, base::OrderId order);
  // `limit` 1..200; `cursor` as a page gave it, or empty; a wrong one is `invalid`.
  base::Task<base::Result<OrderPage>> list_orders(base::AccountId account, std::string cursor,
                                                  int limit);

  // One delivery to the webhook: raw body and Stripe-Signature. A value: acknowledged, and whatever
  // it causes is on disk. `malformed` ("signature_invalid"): forged, stale or not an event. Another
  // error: nothing happened but a note in the inbox; the sender tries again.
  base::Task<base::Result<void>> receive_event(std::string signature, std::string body);

  base::Task<base::Result<BillingHealth>> load_health();
  [[nodiscard]] BillingCounters counters() const;
  [[nodiscard]] const BillingOptions& options() const { return options_; }

 private:
  void count(const Handled& handled);

  struct Counters {
    std::atomic<std::uint64_t> received = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::atomic<std::uint64_t> repeated = 0;
    std::atomic<std::uint64_t> other_types = 0;
    std::atomic<std::uint64_t> grants = 0;
  };
  sql::Database& database_;
  ledger::LedgerService& ledger_;
  CheckoutProvider& provider_;
  const base::Clock& clock_;
  base::Random& random_;
  base::Log& log_;
  BillingOptions options_;
  Counters counters_{};
};

}  // namespace billing
