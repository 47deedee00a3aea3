// One life of the server process: the real database, ledger, meter and till, without their threads.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.hpp"
#include "base/log.hpp"
#include "features/billing/billing_service.hpp"
#include "features/ledger/ledger_service.hpp"
#include "features/metering/metering_service.hpp"
#include "host.hpp"
#include "sql/stepped_database.hpp"

namespace simulation {

// Sells pages named after the order; never fails.
class Cashier final : public billing::CheckoutProvider {
 public:
  static std::string session_of(base::OrderId order) { return "cs_test_" + order.text(); }
  base::Task<base::Result<billing::CheckoutSession>> create_session(
      const billing::Order& order) override {
    const auto id = session_of(order.id);
    co_return billing::CheckoutSession{.id = id, .url = "http://127.0.0.1:1/" + id};
  }
};

struct NodeOptions {
  int checkpoint_pages = 200;
  std::vector<std::string> accounts{};  // entered when they are not there yet
};

class Node {
 public:
  // Throws sql::SqlError when the disk lost its power meanwhile.
  Node(const HostTime& host, sql::SimulatedDisk& disk, base::Random& random,
       const NodeOptions& options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] base::Instant now() const { return clock_.now(); }
  [[nodiscard]] sql::SteppedDatabase& database() { return *database_; }
  [[nodiscard]] ledger::LedgerService& ledger() { return *ledger_; }
  [[nodiscard]] metering::MeteringService& meter() { return *meter_; }
  [[nodiscard]] billing::BillingService& till() { return *till_; }
  [[nodiscard]] ProcessTimers& timers() { return timers_; }
  [[nodiscard]] base::ManualExecutor& executor() { return executor_; }

  // Starts work on the process's loop. What it throws comes out of run_ready().
  void begin(base::Task<void> task);
  // Runs what is ready, again and again, until nothing is.
  void run_ready();
  // The same with everything that waits for the disk.
  void run_to_rest();
  // Runs one piece of work to its end.
  template <class T>
  base::Result<T> finish(base::Task<base::Result<T>> task) {
    std::optional<base::Result<T>> outcome;
    begin(keep<T>(std::move(task), outcome));
    while (!outcome) run_to_rest();
    return std::move(*outcome);
  }

 private:
  template <class T>
  static base::Task<void> keep(base::Task<base::Result<T>> task,
                               std::optional<base::Result<T>>& outcome) {
    auto result = co_await std::move(task);
    outcome.emplace(std::move(result));
  }

  base::Task<void> guard(base::Task<void> task);

  ProcessClock clock_;
  std::exception_ptr failure_;
  base::Log log_;
  base::ManualExecutor executor_;
  ProcessTimers timers_;
  Cashier cashier_;
  std::unique_ptr<sql::SteppedDatabase> database_;
  std::unique_ptr<ledger::LedgerService> ledger_;
  std::unique_ptr<metering::MeteringService> meter_;
  std::unique_ptr<billing::BillingService> till_;
};

// The secret that signs payment events.
inline constexpr const char* kWebhookSecret = "whsec_of_the_simulation";

}  // namespace simulation
