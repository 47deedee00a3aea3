// What is sold and how it is paid for, as configured.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/money.hpp"
#include "base/result.hpp"

namespace sql {
class OperatorTx;
}

namespace billing {

// Whole hours for a price; both are read from here only, never from a browser.
struct Pack {
  std::string sku;
  std::int64_t hours = 0;         // 1..100,000
  base::Money price;              // of one; 0 < amount < 1,000,000,000
  std::int64_t expires_days = 0;  // 0: never
};

// For GET /v1/plans.
struct PlanOffer {
  std::string id;
  std::string name;
  std::vector<std::string> requests;  // allowances, "600/minute"
  std::int64_t storage_mb = 0;
  std::int64_t max_upload_mb = 0;
  std::int64_t concurrent_queries = 0;
  std::int64_t included_hours = 0;
  std::int64_t trial_hours = 0;
};

enum class PaymentMode : std::uint8_t { test_page, stripe };
// "test-page" or "stripe"; `invalid` otherwise.
[[nodiscard]] base::Result<PaymentMode> parse_payment_mode(std::string_view text);

struct BillingOptions {
  PaymentMode mode = PaymentMode::test_page;
  bool live = false;       // events of the other mode are acknowledged and ignored
  std::string public_url;  // "http://127.0.0.1:8080", no slash at the end
  std::string listen;      // as configured, for check_test_mode
  std::string secret_key;  // Stripe's; only looked at, by check_test_mode
  std::vector<std::string> webhook_secrets;  // at least one; not blank
  std::int64_t signature_tolerance_seconds = 300;
  std::vector<Pack> packs;
  std::vector<PlanOffer> plans;
  // In the transaction that grants bought hours, once for each order. May be empty.
  std::function<base::Result<void>(sql::OperatorTx&, base::AccountId)> on_bought{};
};

// `invalid` with a sentence for each mistake (in message): blank secrets, doubled or empty skus,
// hours or prices out of range. The program does not start then.
[[nodiscard]] base::Result<void> check_options(const BillingOptions& options);
// `invalid` when the pretend checkout would run with a live key, or where others than this machine
// can reach it. For every other mode it holds trivially.
[[nodiscard]] base::Result<void> check_test_mode(const BillingOptions& options);

// "127.0.0.1:8080", "http://localhost:1", "[::1]:80", "::1": does it name only this machine?
[[nodiscard]] bool is_loopback(std::string_view address_or_url);

}  // namespace billing
