#include "features/ledger/bench.hpp"

#include <algorithm>
#include <vector>

#include "features/ledger/ledger_service.hpp"
#include "sql/migrations.hpp"
#include "sql/sqlite_connection.hpp"

namespace ledger {

namespace {

constexpr std::int64_t kGroup = 500;
constexpr std::int64_t kGroups = 40;
constexpr std::int64_t kAccounts = kGroup * kGroups / 2;

class Stopwatch {
 public:
  explicit Stopwatch(const base::Clock& clock) : clock_(clock), begun_(clock.now()) {}
  [[nodiscard]] std::int64_t per_second(std::int64_t count) const {
    return count * 1'000'000 / std::max<std::int64_t>((clock_.now() - begun_).count(), 1);
  }

 private:
  const base::Clock& clock_;
  base::Instant begun_;
};

NewGrant wanted(base::AccountId account, std::int64_t number) {
  NewGrant grant;
  grant.account = account;
  grant.amount = std::chrono::hours{1};
  grant.business_key = "bench:" + std::to_string(number);
  grant.reason = "bench";
  grant.actor = "system";
  return grant;
}

// Every account gets two grants, far apart.
base::AccountId account_of(const std::vector<base::AccountId>& accounts, std::int64_t number) {
  return accounts[static_cast<std::size_t>(number) * 7'919 % accounts.size()];
}

base::Task<void> issue(LedgerService& ledger, NewGrant grant, std::int64_t& left) {
  const auto issued = co_await ledger.issue(std::move(grant));
  RL_CHECK(issued.has_value(), "a grant of the bench is issued");
  --left;
}

// All commands of a group wait for the lane at once, so that one commit takes them all.
void issue_group(LedgerService& ledger, const std::vector<base::AccountId>& accounts,
                 std::int64_t first) {
  base::ManualExecutor here;
  const base::ExecutorScope scope(here);
  std::int64_t left = kGroup;
  for (std::int64_t i = 0; i < kGroup; ++i)
    base::start(issue(ledger, wanted(account_of(accounts, first + i), first + i), left));
  while (left > 0) here.run_one();
}

void insert_rows(sql::Connection& store, const std::string& account, std::int64_t number) {
  const auto key = "bench:" + std::to_string(number);
  const std::string hash(32, 'x');
  store
      .prepare(
          "INSERT INTO journal VALUES ($1, 1, 'grant_issued', $2, $3, NULL, 3600000, 'issued', "
          "'available', 3600000, $4, 0, 'bench', 'system', 'kind=manual priority=50 "
          "expires=never', $5, $5, 0, 1)")
      .bind(1, number + 1)
      .bind(2, account)
      .bind(3, key)
      .bind(4, key)
      .bind(5, std::as_bytes(std::span{hash}))
      .run();
  store
      .prepare(
          "INSERT INTO grants VALUES ($4, $1, $2, 'manual', 50, 1, NULL, 3600000, 3600000, 0, 0, "
          "0, 0, $3, 'bench', 'system')")
      .bind(1, key)
      .bind(2, account)
      .bind(3, key)
      .bind(4, number + 1)
      .run();
}

base::Result<std::unique_ptr<sql::Database>> open_new(const std::string& path) {
  RL_TRY(auto database, sql::Database::open({.path = path}));
  RL_TRY(const auto migrated, base::block_on(sql::migrate(*database)));
  (void)migrated;
  return database;
}

// The same rows by prepared statements and nothing else.
class BareLoop {
 public:
  explicit BareLoop(const std::string& path) : store_(path, sql::SqliteMode::writer) {}
  void insert_group(const std::vector<base::AccountId>& accounts, std::int64_t first) {
    store_.begin_write();
    for (std::int64_t i = first; i < first + kGroup; ++i)
      insert_rows(store_, account_of(accounts, i).text(), i);
    store_.prepare("COMMIT").run();
  }

 private:
  sql::SqliteConnection store_;
};

std::int64_t percentile(std::vector<std::int64_t> values, std::size_t percent) {
  std::ranges::sort(values);
  return values[(values.size() - 1) * percent / 100];
}

}  // namespace

base::Result<LedgerBench> bench_ledger(const std::string& folder, const base::Clock& clock,
                                       base::Random& random) {
  base::SystemClock own_clock;
  base::Log log({}, own_clock);
  std::vector<base::AccountId> accounts;
  for (std::int64_t i = 0; i < kAccounts; ++i)
    accounts.push_back(base::AccountId::make(clock.now(), random));
  LedgerBench report{.group = kGroup};
  {
    RL_TRY(const auto made, open_new(folder + "/bare.db"));
  }
  BareLoop bare(folder + "/bare.db");
  RL_TRY(const auto database, open_new(folder + "/ledger.db"));
  LedgerService ledger(*database, own_clock, random, log);
  std::vector<std::int64_t> grant_rates;
  std::vector<std::int64_t> bare_rates;
  std::vector<std::int64_t> ratios;
  for (std::int64_t group = 0; group < kGroups; ++group) {
    const Stopwatch bare_time(clock);
    bare.insert_group(accounts, group * kGroup);
    bare_rates.push_back(bare_time.per_second(kGroup));
    const Stopwatch grant_time(clock);
    issue_group(ledger, accounts, group * kGroup);
    grant_rates.push_back(grant_time.per_second(kGroup));
    ratios.push_back(grant_rates.back() * 100 / bare_rates.back());
  }
  report.bare_sqlite_per_second = percentile(bare_rates, 50);
  report.grants_per_second = percentile(grant_rates, 50);
  report.grants_to_bare_percent = percentile(ratios, 50);
  const Stopwatch verifying(clock);
  RL_TRY(const auto verified, base::block_on(ledger.verify()));
  if (!verified.ok) return base::fail_internal("the ledger of the bench does not verify");
  report.verify_entries_per_second = verifying.per_second(verified.entries);
  return report;
}

}  // namespace ledger
