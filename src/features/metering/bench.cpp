#include "features/metering/bench.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.hpp"
#include "base/random.hpp"
#include "features/metering/live_meter.hpp"

namespace metering {

namespace {

// Rounds shorter than a time slice: one in which another program ran is an outlier, which the
// median leaves out.
constexpr std::size_t kRounds = 401;
constexpr std::size_t kOperations = 2'500;
constexpr std::uint64_t kSeed = 20'261'122;
const base::Instant kStart = base::from_micros(1'767'225'600'000'000);  // 2026-01-01

std::vector<base::AccountId> fill(LiveMeter& meter, std::size_t count, base::Random& random) {
  std::vector<base::AccountId> accounts;
  accounts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto account = base::AccountId::make(kStart, random);
    meter.begin_load(account, kStart);
    ledger::Balance balance;
    balance.account = account;
    balance.available = std::chrono::hours{1'000};
    balance.as_of = kStart;
    meter.put_balance(balance);
    accounts.push_back(account);
  }
  return accounts;
}

template <class Operation>
std::int64_t median_ns(const base::Clock& clock, const Operation& operation) {
  std::array<std::int64_t, kRounds> rounds{};
  for (auto& round : rounds) {
    const auto begin = clock.now();
    for (std::size_t i = 0; i < kOperations; ++i) operation();
    const auto took = clock.now() - begin;
    round = took.count() * 1'000 / static_cast<std::int64_t>(kOperations);
  }
  std::ranges::sort(rounds);
  return rounds[kRounds / 2];
}

}  // namespace

BenchReport bench_touch_and_admit(const base::Clock& clock, std::size_t accounts) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(kSeed);
  const auto ids = fill(meter, accounts, random);
  // Memory order says nothing about the order of the requests.
  auto order = ids;
  for (auto last = order.size(); last > 1; --last)
    std::swap(order[last - 1], order[static_cast<std::size_t>(random.next_u64() % last)]);

  // As the pipeline does: a request's account is known, and its memory asked for, about one
  // decision before it is admitted.
  std::size_t next = 0;
  const auto take = [&] {
    const auto account = order[next];
    if (++next == accounts) next = 0;
    meter.expect(order[next]);
    return account;
  };
  BenchReport report{.accounts = accounts, .operations = kOperations * kRounds};
  auto now = kStart;
  report.touch_ns = median_ns(clock, [&] {
    now += base::Micros{50};
    meter.touch(take(), {now - base::Micros{300}, now}, now);
  });
  std::int64_t admitted = 0;
  report.admit_ns = median_ns(clock, [&] {
    now += base::Micros{50};
    admitted += meter.admit(take(), now).admitted() ? 1 : 0;
  });
  RL_CHECK(admitted == report.operations, "everybody has time in this measurement");
  report.bytes_per_account = static_cast<std::int64_t>(meter.table_bytes() / accounts);
  constexpr std::array kKinds{ledger::RouteClass::query, ledger::RouteClass::beat,
                              ledger::RouteClass::data};
  std::size_t kind = 0;
  const auto touch_mixed = [&] {
    now += base::Micros{50};
    meter.touch(take(), {now - base::Micros{300}, now, kKinds[kind++ % kKinds.size()]}, now);
  };
  for (std::size_t i = 0; i < kKinds.size() * accounts; ++i) touch_mixed();
  report.mixed_touch_ns = median_ns(clock, touch_mixed);
  report.mixed_bytes_per_account = static_cast<std::int64_t>(meter.table_bytes() / accounts);
  return report;
}

}  // namespace metering
