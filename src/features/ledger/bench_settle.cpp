#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "features/ledger/bench.hpp"
#include "features/ledger/ledger_service.hpp"
#include "sql/migrations.hpp"

namespace ledger {

namespace {

constexpr std::int64_t kSettledAtOnce = 1'000;  // what the settler of the meter sends at once
constexpr std::int64_t kGiveGroup = 10'000;
constexpr int kRounds = 3;
constexpr int kSyncs = 200;

std::int64_t per_second(std::int64_t count, base::Micros took) {
  return count * 1'000'000 / std::max<std::int64_t>(took.count(), 1);
}

base::Result<std::int64_t> count_fsyncs(const std::string& path, const base::Clock& clock) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return base::fail_internal("a file for the bench cannot be made");
  const std::string page(4'096, 'x');
  bool ok = true;
  const auto begun = clock.now();
  for (int i = 0; ok && i < kSyncs; ++i)
    ok = ::write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()) &&
         ::fdatasync(file) == 0;
  const auto took = clock.now() - begun;
  ::close(file);
  if (!ok) return base::fail_internal("the file of the bench cannot be written");
  return per_second(kSyncs, took);
}

}  // namespace

base::Result<void> give_all(sql::Database& database, LedgerService& ledger,
                            const std::vector<base::AccountId>& accounts, base::Millis amount,
                            base::Instant now) {
  for (std::size_t from = 0; from < accounts.size(); from += kGiveGroup) {
    const auto to = std::min(accounts.size(), from + kGiveGroup);
    const auto given = base::block_on(
        database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
          for (auto i = from; i < to; ++i)
            RL_TRY_VOID(ledger.issue_grant(tx,
                                           {.account = accounts[i],
                                            .amount = amount,
                                            .expires_at = {},
                                            .business_key = "bench:" + accounts[i].text(),
                                            .reason = "bench",
                                            .actor = "system"},
                                           now));
          return true;
        }));
    if (!given) return std::unexpected(given.error());
  }
  return {};
}

std::vector<RunSnapshot> open_runs(const std::vector<base::AccountId>& accounts,
                                   base::Random& random, base::Instant start, base::Instant end) {
  std::vector<RunSnapshot> runs(accounts.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].account = accounts[i];
    runs[i].run = base::RunId::make(start, random);
    runs[i].span = {start, end};
    runs[i].proofs = runs[i].requests = 1;
  }
  return runs;
}

base::Result<void> settle_all(LedgerService& ledger, const std::vector<RunSnapshot>& runs) {
  for (auto from = runs.begin(); from != runs.end();) {
    const auto to = from + std::min<std::ptrdiff_t>(kSettledAtOnce, runs.end() - from);
    const auto settled = base::block_on(ledger.settle({from, to}));
    if (!settled) return std::unexpected(settled.error());
    for (const auto& run : *settled)
      if (run.billed.count() <= 0) return base::fail_internal("a run of the bench is not billed");
    from = to;
  }
  return {};
}

base::Result<SettleBench> bench_settle(const std::string& folder, base::Clock& clock,
                                       base::Random& random, std::int64_t count) {
  base::Log log({}, clock);
  RL_TRY(const auto database, sql::Database::open({.path = folder + "/settle.db"}));
  RL_TRY_VOID(base::block_on(sql::migrate(*database)));
  LedgerService ledger(*database, clock, random, log);
  std::vector<base::AccountId> accounts;
  for (std::int64_t i = 0; i < count; ++i)
    accounts.push_back(base::AccountId::make(clock.now(), random));
  RL_TRY_VOID(give_all(*database, ledger, accounts, std::chrono::hours{100},
                       clock.now() - std::chrono::hours{1}));
  SettleBench report{.accounts = count, .group = kSettledAtOnce};
  RL_TRY(report.fsyncs_per_second, count_fsyncs(folder + "/fsync", clock));
  const auto start = clock.now() - std::chrono::minutes{10};
  auto runs = open_runs(accounts, random, start, start + std::chrono::seconds{1});
  RL_TRY_VOID(settle_all(ledger, runs));
  std::vector<std::int64_t> rates;
  for (int round = 0; round < kRounds; ++round) {
    for (auto& run : runs) {
      run.span.end += std::chrono::seconds{1};
      ++run.proofs;
      ++run.requests;
    }
    const auto begun = clock.now();
    RL_TRY_VOID(settle_all(ledger, runs));
    rates.push_back(per_second(count, clock.now() - begun));
  }
  std::ranges::sort(rates);
  report.settled_per_second = rates[rates.size() / 2];
  report.to_fsync_percent = report.settled_per_second * 100 /
                            std::max<std::int64_t>(report.fsyncs_per_second * kSettledAtOnce, 1);
  RL_TRY(const auto verified, base::block_on(ledger.verify()));
  if (!verified.ok) return base::fail_internal("the ledger of the bench does not verify");
  return report;
}

}  // namespace ledger
