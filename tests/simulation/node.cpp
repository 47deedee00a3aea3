#include "node.hpp"

#include "sql/migrations.hpp"

namespace simulation {

namespace {

billing::BillingOptions till_options() {
  billing::BillingOptions options;
  options.public_url = "http://127.0.0.1:1";
  options.listen = "127.0.0.1:1";
  options.webhook_secrets = {kWebhookSecret};
  options.packs = {{.sku = "hours-1", .hours = 1, .price = {500, "usd"}},
                   {.sku = "hours-2", .hours = 2, .price = {900, "usd"}, .expires_days = 2}};
  return options;
}

base::Result<bool> enter(sql::OperatorTx& tx, const std::vector<std::string>& accounts) {
  auto row = tx.prepare(
      "INSERT INTO accounts (id, plan, created_at) VALUES ($1, 'free', 0) ON CONFLICT DO NOTHING");
  for (const auto& account : accounts) row.bind(1, account).run();
  tx.prepare(
        "CREATE TABLE IF NOT EXISTS simulated_alerts (sequence BIGINT NOT NULL, at BIGINT NOT NULL,"
        " account_id TEXT NOT NULL, level_ms BIGINT NOT NULL, left_ms BIGINT NOT NULL)")
      .run();
  return true;
}

// In place of the mail that is queued in the same transaction.
void note_alert(sql::OperatorTx& tx, const ledger::LowBalance& warning, base::Instant now) {
  auto row = tx.prepare(
      "INSERT INTO simulated_alerts (sequence, at, account_id, level_ms, left_ms) VALUES ("
      "(SELECT max(sequence) FROM journal), $1, $2, $3, $4)");
  row.bind(1, base::to_micros(now))
      .bind(2, warning.account.text())
      .bind(3, std::int64_t{warning.level.count()})
      .bind(4, std::int64_t{warning.available.count()})
      .run();
}

}  // namespace

Node::Node(const HostTime& host, sql::SimulatedDisk& disk, base::Random& random,
           const NodeOptions& options)
    : clock_(host), log_({}, clock_) {
  database_ = std::make_unique<sql::SteppedDatabase>(
      sql::DatabaseOptions{.path = "/redline.db", .max_group = 100}, disk,
      options.checkpoint_pages);
  const auto migrated = finish(sql::migrate(*database_));
  if (!migrated) throw sql::SqlError(migrated.error().detail);
  const auto entered = finish(database_->write_operator<bool>(
      [&options](sql::OperatorTx& tx) { return enter(tx, options.accounts); }));
  if (!entered) throw sql::SqlError(entered.error().detail);
  ledger_ = std::make_unique<ledger::LedgerService>(*database_, clock_, random, log_);
  ledger_->on_low_balance(note_alert);
  meter_ = std::make_unique<metering::MeteringService>(*ledger_, clock_, log_);
  till_ = std::make_unique<billing::BillingService>(*database_, *ledger_, cashier_, clock_, random,
                                                    log_, till_options());
  meter_->start(timers_, executor_);
}

// Whatever waits is told that it failed, as long as what it would go on with is still there.
Node::~Node() {
  if (meter_) meter_->stop();
  try {
    run_to_rest();
  } catch (const std::exception& late) {
    log_.error("end_of_a_life", {{"detail", late.what()}});
  }
}

void Node::begin(base::Task<void> task) {
  const base::ExecutorScope scope(executor_);
  base::start(guard(std::move(task)));
}

base::Task<void> Node::guard(base::Task<void> task) {
  try {
    co_await std::move(task);
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
}

void Node::run_ready() {
  while (executor_.run_ready()) {
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Node::run_to_rest() {
  run_ready();
  while (database_->waits()) {
    database_->step(100);
    run_ready();
  }
}

}  // namespace simulation
