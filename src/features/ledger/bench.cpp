#include "features/ledger/bench.hpp"

#include <algorithm>
#include <vector>

#include "features/ledger/ledger_service.hpp"
#include "sql/migrations.hpp"
#include "sql/sqlite_connection.hpp"

namespace ledger {

namespace {

constexpr std::int64_t kGroup = 500;
constexpr std::int64_t kWaiting = 2 * kGroup;  // so that the next group is there when one is done
constexpr std::int64_t kRound = 4 * kGroup;
constexpr std::int64_t kIssueRounds = 40;
constexpr std::int64_t kAccounts = kRound * kIssueRounds / 2;

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

// Commands of which kWaiting are under way at a time.
class Issuing {
 public:
  Issuing(LedgerService& ledger, const std::vector<base::AccountId>& accounts)
      : ledger_(ledger), accounts_(accounts) {}
  void run(std::int64_t first, std::int64_t count) {
    base::ManualExecutor here;
    const base::ExecutorScope scope(here);
    next_ = first;
    end_ = first + count;
    left_ = count;
    for (std::int64_t i = 0; i < kWaiting; ++i) start();
    while (left_ > 0) here.run_one();
  }

 private:
  void start() {
    if (next_ == end_) return;
    const auto number = next_++;
    base::start(issue(wanted(account_of(accounts_, number), number)));
  }
  base::Task<void> issue(NewGrant grant) {
    const auto issued = co_await ledger_.issue(std::move(grant));
    RL_CHECK(issued.has_value(), "a grant of the bench is issued");
    --left_;
    start();
  }

  LedgerService& ledger_;
  const std::vector<base::AccountId>& accounts_;
  std::int64_t next_ = 0;
  std::int64_t end_ = 0;
  std::int64_t left_ = 0;
};

void insert_rows(sql::Connection& store, base::AccountId account, base::GrantId grant,
                 base::Instant now, std::int64_t number) {
  const auto key = "bench:" + std::to_string(number);
  const std::string hash(32, 'x');
  store
      .prepare(
          "INSERT INTO journal VALUES ($1, $6, 'grant_issued', $2, $3, NULL, 3600000, 'issued', "
          "'available', 3600000, $4, 0, 'bench', 'system', 'kind=manual priority=50 "
          "expires=never', $5, $5, 0, 1)")
      .bind(1, number + 1)
      .bind(2, account.short_text().view())
      .bind(3, grant.short_text().view())
      .bind(4, "grant:" + key)
      .bind(5, std::as_bytes(std::span{hash}))
      .bind(6, base::to_micros(now))
      .run();
  store
      .prepare(
          "INSERT INTO grants VALUES ($4, $1, $2, 'manual', 50, $5, NULL, 3600000, 3600000, 0, 0, "
          "0, 0, $3, 'bench', 'system')")
      .bind(1, grant.short_text().view())
      .bind(2, account.short_text().view())
      .bind(3, key)
      .bind(4, number + 1)
      .bind(5, base::to_micros(now))
      .run();
}

base::Result<std::unique_ptr<sql::Database>> open_new(const std::string& path) {
  RL_TRY(auto database, sql::Database::open({.path = path, .max_group = kGroup}));
  RL_TRY(const auto migrated, base::block_on(sql::migrate(*database)));
  (void)migrated;
  return database;
}

// The same rows, ids and keys as long, by prepared statements and nothing else.
class BareLoop {
 public:
  explicit BareLoop(const std::string& path) : store_(path, sql::SqliteMode::writer) {}
  // For the next round, not on its time.
  void make_ids(base::Instant now, base::Random& random) {
    now_ = now;
    grants_.clear();
    for (std::int64_t i = 0; i < kRound; ++i) grants_.push_back(base::GrantId::make(now, random));
  }
  void insert(const std::vector<base::AccountId>& accounts, std::int64_t first) {
    for (auto group = first; group < first + kRound; group += kGroup) {
      store_.begin_write();
      for (auto i = group; i < group + kGroup; ++i)
        insert_rows(store_, account_of(accounts, i), grants_[static_cast<std::size_t>(i - first)],
                    now_, i);
      store_.prepare("COMMIT").run();
    }
  }

 private:
  sql::SqliteConnection store_;
  std::vector<base::GrantId> grants_;
  base::Instant now_;
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
  Issuing issuing(ledger, accounts);
  for (std::int64_t round = 0; round < kIssueRounds; ++round) {
    bare.make_ids(clock.now(), random);
    const Stopwatch bare_time(clock);
    bare.insert(accounts, round * kRound);
    bare_rates.push_back(bare_time.per_second(kRound));
    const Stopwatch grant_time(clock);
    issuing.run(round * kRound, kRound);
    grant_rates.push_back(grant_time.per_second(kRound));
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
