// For tests: a ledger over a real database, with a clock that stands still.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "features/ledger/ledger_service.hpp"
#include "sql/migrations.hpp"
#include "sql/temp_database.hpp"

namespace ledger {

inline base::Instant at_ms(std::int64_t ms) { return base::from_micros(ms * 1000); }

class LedgerFixture {
 public:
  explicit LedgerFixture(Tariff tariff = {}) : tariff_(tariff) {
    const auto migrated = base::block_on(sql::migrate(*database_));
    RL_CHECK(migrated.has_value(), migrated ? "" : migrated.error().detail);
    reopen();
  }
  void reopen() {
    ledger_.reset();
    database_.reopen();
    ledger_ = std::make_unique<LedgerService>(*database_, clock, random, log, tariff_);
  }
  void close() {
    ledger_.reset();
    database_.close();
  }
  LedgerService& operator*() { return *ledger_; }
  LedgerService* operator->() { return ledger_.get(); }
  sql::Database& database() { return *database_; }
  [[nodiscard]] std::string path() const { return database_.path(); }

  base::AccountId new_account() { return base::AccountId::make(clock.now(), random); }
  NewGrant wanted(base::AccountId account, std::int64_t amount_ms, std::string key) {
    NewGrant grant;
    grant.account = account;
    grant.kind = GrantKind::purchase;
    grant.amount = base::Millis{amount_ms};
    grant.business_key = std::move(key);
    grant.reason = "bought";
    grant.actor = "stripe";
    return grant;
  }
  base::Result<StoredGrant> issue(base::AccountId account, std::int64_t amount_ms) {
    return base::block_on(
        ledger_->issue(wanted(account, amount_ms, "key:" + std::to_string(++keys_))));
  }
  RunSnapshot snapshot(base::AccountId account, std::int64_t start_ms, std::int64_t end_ms) {
    RunSnapshot made;
    made.account = account;
    made.run = base::RunId::make(at_ms(start_ms), random);
    made.span = {at_ms(start_ms), at_ms(end_ms)};
    made.proofs = 1;
    made.requests = 1;
    return made;
  }
  SettledRun settle(const RunSnapshot& one) {
    return base::block_on(ledger_->settle({one})).value().at(0);
  }
  Balance balance(base::AccountId account) {
    return base::block_on(ledger_->load_balance(account)).value();
  }
  std::vector<StoredRun> runs(base::AccountId account) {
    return base::block_on(ledger_->list_runs(account, {{}, 200, {}, {}})).value().rows;
  }
  std::vector<StoredGrant> grants(base::AccountId account) {
    return base::block_on(ledger_->list_grants(account, true)).value();
  }
  std::vector<Entry> entries(base::AccountId account) {
    return base::block_on(ledger_->list_entries(account, {{}, 200, {}, {}})).value().rows;
  }
  VerifyReport verify() { return base::block_on(ledger_->verify()).value(); }

  base::SimulatedClock clock{at_ms(1'000'000)};
  base::SeededRandom random{1};
  base::Log log{{}, clock};

 private:
  Tariff tariff_;
  sql::TempDatabase database_;
  std::unique_ptr<LedgerService> ledger_;
  int keys_ = 0;
};

}  // namespace ledger
