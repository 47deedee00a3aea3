// For tests: the meter over a real SQLite ledger, on a clock that moves when told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/executor.hpp"
#include "features/ledger/ledger_service.hpp"
#include "features/metering/metering_service.hpp"
#include "sql/migrations.hpp"
#include "sql/temp_database.hpp"

namespace metering {

inline const base::Instant kTestStart = base::from_micros(1'767'225'600'000'000);  // 2026-01-01

// An instant of a test, in milliseconds after its start.
[[nodiscard]] inline base::Instant at_ms(std::int64_t ms) { return kTestStart + base::Millis{ms}; }

class TestWorld {
 public:
  explicit TestWorld(MeteringOptions options = {}, ledger::Tariff tariff = {}) : options_(options) {
    const auto migrated = base::block_on(sql::migrate(*database_));
    EXPECT_TRUE(migrated.has_value()) << migrated.error().detail;
    ledger_.emplace(*database_, clock_, random_, log_, tariff);
    restart();
  }

  // Reads are begun in turn: when this one was, none that a tick asked for is dropped at the end.
  ~TestWorld() { EXPECT_TRUE(base::block_on(ledger_->load_balance({})).has_value()); }
  TestWorld(const TestWorld&) = delete;
  TestWorld& operator=(const TestWorld&) = delete;

  // A crash: what the live meter knew and had not settled is gone.
  void restart() {
    meter_.reset();
    meter_.emplace(*ledger_, clock_, log_, options_);
  }
  [[nodiscard]] MeteringService& meter() { return *meter_; }
  // Of this thread: where goes on what a tick asked the ledger for.
  [[nodiscard]] base::ManualExecutor& loop() { return loop_.executor; }
  [[nodiscard]] ledger::LedgerService& ledger() { return *ledger_; }
  [[nodiscard]] base::SimulatedClock& clock() { return clock_; }
  [[nodiscard]] base::Instant now() const { return clock_.now(); }
  // The time of the tests, in milliseconds after kTestStart; never back.
  void go_to(std::int64_t ms) { clock_.advance(at_ms(ms) - clock_.now()); }

  [[nodiscard]] base::AccountId new_account() {
    return base::AccountId::make(clock_.now(), random_);
  }
  [[nodiscard]] base::AccountId account_with(base::Millis time) {
    const auto account = new_account();
    grant(account, time);
    load(account);
    return account;
  }
  void grant(base::AccountId account, base::Millis time,
             std::optional<base::Instant> expires_at = std::nullopt) {
    ledger::NewGrant grant;
    grant.account = account;
    grant.kind = ledger::GrantKind::purchase;
    grant.amount = time;
    grant.expires_at = expires_at;
    grant.business_key = "test:" + std::to_string(next_key_++);
    grant.reason = "test";
    grant.actor = "system";
    const auto issued = base::block_on(ledger_->issue(grant));
    EXPECT_TRUE(issued.has_value()) << issued.error().detail;
  }
  void load(base::AccountId account) {
    const auto loaded = base::block_on(meter_->load(account));
    EXPECT_TRUE(loaded.has_value()) << loaded.error().detail;
  }
  void settle() {
    const auto settled = base::block_on(meter_->step(clock_.now()));
    EXPECT_TRUE(settled.has_value()) << settled.error().detail;
  }
  // Proof of a request whose bounds are milliseconds of the test.
  void use(base::AccountId account, std::int64_t start, std::int64_t end,
           const Member& member = {}) {
    if (at_ms(end) > clock_.now()) go_to(end);
    EXPECT_TRUE(meter_->touch(account, {at_ms(start), at_ms(end)}, clock_.now(), member));
  }

  struct Span {
    std::int64_t start;  // milliseconds of the test
    std::int64_t end;
    bool operator==(const Span&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Span& run) {
      return out << '[' << run.start << ", " << run.end << ')';
    }
  };
  // As the ledger stored them, oldest first.
  [[nodiscard]] std::vector<ledger::StoredRun> stored(base::AccountId account) {
    auto page = base::block_on(ledger_->list_runs(account, {.cursor = {}, .limit = 200}));
    EXPECT_TRUE(page.has_value()) << page.error().detail;
    std::ranges::sort(page->rows, {}, [](const auto& run) { return run.span.start; });
    return page->rows;
  }
  [[nodiscard]] std::vector<Span> runs(base::AccountId account) {
    std::vector<Span> spans;
    for (const auto& run : stored(account))
      spans.push_back({since_start(run.span.start), since_start(run.span.end)});
    return spans;
  }
  [[nodiscard]] std::int64_t billed(base::AccountId account) {
    base::Millis sum{};
    for (const auto& run : stored(account)) sum += run.billed;
    return sum.count();
  }
  [[nodiscard]] std::int64_t available(base::AccountId account) {
    const auto balance = base::block_on(ledger_->load_balance(account));
    EXPECT_TRUE(balance.has_value());
    return balance->available.count();
  }
  // While it is broken the ledger can settle nothing.
  void break_store() { execute("ALTER TABLE runs RENAME TO runs_out_of_reach"); }
  void mend_store() { execute("ALTER TABLE runs_out_of_reach RENAME TO runs"); }
  void expect_verified() {
    const auto report = base::block_on(ledger_->verify());
    ASSERT_TRUE(report.has_value()) << report.error().detail;
    EXPECT_TRUE(report->ok) << (report->faults.empty() ? "" : report->faults.front());
  }

 private:
  void execute(std::string_view text) {
    const auto done = base::block_on(
        (*database_).write_operator<bool>([text](sql::OperatorTx& tx) -> base::Result<bool> {
          tx.prepare(text).run();
          return true;
        }));
    EXPECT_TRUE(done.has_value()) << done.error().detail;
  }
  static std::int64_t since_start(base::Instant at) {
    return std::chrono::floor<base::Millis>(at - kTestStart).count();
  }

  // What has not come when a test is over goes on after the database has ended its reads.
  struct Loop {
    base::ManualExecutor executor;
    base::ExecutorScope scope{executor};
    ~Loop() {
      while (executor.run_ready()) {
      }
    }
  };

  MeteringOptions options_;
  base::SimulatedClock clock_{kTestStart};
  base::SeededRandom random_{7};
  base::Log log_{{}, clock_};
  Loop loop_;
  sql::TempDatabase database_;
  std::optional<ledger::LedgerService> ledger_;
  std::optional<MeteringService> meter_;
  int next_key_ = 1;
};

}  // namespace metering
