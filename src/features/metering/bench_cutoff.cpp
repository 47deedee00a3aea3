#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "base/timers.hpp"
#include "features/ledger/bench.hpp"
#include "features/ledger/ledger_service.hpp"
#include "features/metering/bench.hpp"
#include "features/metering/metering_service.hpp"
#include "http/background_loop.hpp"
#include "sql/migrations.hpp"

namespace metering {

namespace {

// Time runs out of the first after kFirst, of the last kSpread later.
constexpr base::Millis kFirst{4'000};
constexpr base::Millis kSpread{10'000};
constexpr base::Millis kPatience{120'000};

struct Cuts {
  std::mutex mutex;
  std::condition_variable all;
  std::vector<std::int64_t> lags_ms;
};

base::Millis time_of(std::size_t number, std::size_t count) {
  return kFirst + kSpread * static_cast<std::int64_t>(number) / static_cast<std::int64_t>(count);
}

base::Result<void> load_all(MeteringService& meter, const std::vector<base::AccountId>& accounts) {
  for (const auto account : accounts) RL_TRY_VOID(base::block_on(meter.load(account)));
  return {};
}

void open_all(MeteringService& meter, const std::vector<base::AccountId>& accounts,
              const base::Clock& clock, base::Executor& executor,
              const std::shared_ptr<Cuts>& cuts) {
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const auto start = clock.now();
    const auto step = accounts.size() / 100;
    const auto due = start + time_of(i / step * step, accounts.size());
    auto stream = std::make_shared<StreamId>();
    *stream = meter.open_stream(accounts[i], start, executor, [&, cuts, stream, due](CutReason) {
      const auto now = clock.now();
      meter.close_stream(*stream, now);
      const std::scoped_lock lock(cuts->mutex);
      cuts->lags_ms.push_back(
          std::max<std::int64_t>(0, std::chrono::ceil<base::Millis>(now - due).count()));
      cuts->all.notify_one();
    });
  }
}

}  // namespace

base::Result<CutoffBench> bench_cutoff(const std::string& folder, base::Clock& clock,
                                       base::Random& random, std::size_t count) {
  base::Log log({}, clock);
  RL_TRY(const auto database, sql::Database::open({.path = folder + "/cutoff.db"}));
  RL_TRY_VOID(base::block_on(sql::migrate(*database)));
  ledger::LedgerService ledger(*database, clock, random, log);
  std::vector<base::AccountId> accounts;
  for (std::size_t i = 0; i < count; ++i)
    accounts.push_back(base::AccountId::make(clock.now(), random));
  for (std::size_t i = 0; i < count; i += count / 100)  // a hundred amounts
    RL_TRY_VOID(ledger::give_all(
        *database, ledger,
        {accounts.begin() + static_cast<std::ptrdiff_t>(i),
         accounts.begin() + static_cast<std::ptrdiff_t>(std::min(count, i + count / 100))},
        time_of(i, count), clock.now()));
  auto cuts = std::make_shared<Cuts>();
  base::ThreadTimers timers(clock);
  http::BackgroundLoop background;
  http::BackgroundLoop streams;
  MeteringService meter(ledger, clock, log);
  RL_TRY_VOID(load_all(meter, accounts));
  CutoffBench report{.accounts = static_cast<std::int64_t>(count)};
  meter.start(timers, background);
  open_all(meter, accounts, clock, streams, cuts);
  {
    std::unique_lock lock(cuts->mutex);
    const bool ended =
        cuts->all.wait_for(lock, kPatience, [&] { return cuts->lags_ms.size() == count; });
    if (!ended) return base::fail_internal("a stream of the bench was never cut");
  }
  meter.stop();
  RL_TRY_VOID(base::block_on(meter.settle_all(clock.now())));
  background.stop();
  streams.stop();
  std::ranges::sort(cuts->lags_ms);
  report.p50_ms = cuts->lags_ms[count / 2];
  report.p99_ms = cuts->lags_ms[count * 99 / 100];
  report.most_ms = cuts->lags_ms.back();
  return report;
}

}  // namespace metering
