// The live meter without a ledger: concurrency, memory, failing settlements.
#include "features/metering/live_meter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <thread>

#include "base/random.hpp"
#include "features/metering/live_table.hpp"

namespace metering {
namespace {

using testing::ElementsAreArray;
using testing::SizeIs;

const base::Instant kStart = base::from_micros(1'767'225'600'000'000);

base::AccountId add_account(LiveMeter& meter, base::Random& random, base::Millis time) {
  const auto account = base::AccountId::make(kStart, random);
  meter.begin_load(account, kStart);
  ledger::Balance balance;
  balance.account = account;
  balance.available = time;
  balance.as_of = kStart;
  meter.put_balance(balance);
  return account;
}

// An account's record may be made at the moment when another thread looks for it: what that one
// reads was written before, which ThreadSanitizer sees to here.
TEST(LiveMeter, AnAccountIsFoundByAnotherThreadOnceItsRecordIsMade) {
  for (std::uint64_t round = 0; round < 20; ++round) {
    LiveMeter meter(LiveMeterOptions{});
    base::SeededRandom random(round);
    base::SeededRandom same(round);
    std::jthread maker([&] {
      for (int i = 0; i < 200; ++i) add_account(meter, random, base::Millis{1'000});
    });
    for (int i = 0; i < 200; ++i) {
      const auto account = base::AccountId::make(kStart, same);
      while (!meter.admit(account, kStart).admitted()) std::this_thread::yield();
      EXPECT_EQ(meter.admit(account, kStart).remaining, base::Millis{1'000});
    }
  }
}

// D9: parallel requests each billed the same interval, because nothing was locked.
TEST(LiveMeter, ThreadsThatTouchTheSameAccountsLoseAndDoubleNothing) {
  constexpr std::size_t kAccounts = 8;
  constexpr int kThreads = 4;
  constexpr int kTouches = 3'000;
  const ledger::Tariff tariff{
      .version = 1, .idle_gap = base::Millis{60}, .min_proof = base::Millis{10}};
  LiveMeter meter({.tariff = tariff});
  base::SeededRandom random(11);
  std::vector<base::AccountId> accounts;
  for (std::size_t i = 0; i < kAccounts; ++i)
    accounts.push_back(add_account(meter, random, std::chrono::hours{100}));
  const auto now = kStart + std::chrono::hours{1};

  std::vector<std::vector<std::pair<std::size_t, Proof>>> plans(kThreads);
  for (auto& plan : plans) {
    for (int i = 0; i < kTouches; ++i) {
      const auto start =
          kStart + base::Millis{static_cast<std::int64_t>(random.next_u64() % 400'000)};
      plan.emplace_back(random.next_u64() % kAccounts, Proof{start, start + base::Millis{25}});
    }
  }
  std::atomic<bool> done = false;
  std::vector<QueuedRun> settled;
  std::thread settler([&] {
    while (!done.load()) {
      meter.collect(now, settled);
      Due due;
      meter.tick(now, due);
      std::this_thread::yield();
    }
  });
  {
    std::vector<std::jthread> threads;
    for (const auto& plan : plans) {
      threads.emplace_back([&] {
        for (const auto& [account, proof] : plan) {
          meter.touch(accounts[account], proof, now);
          static_cast<void>(meter.admit(accounts[account], now));
        }
      });
    }
  }
  done = true;
  settler.join();
  meter.collect(now, settled);

  for (std::size_t i = 0; i < kAccounts; ++i) {
    ledger::IntervalUnion expected(tariff.idle_gap);
    for (const auto& plan : plans)
      for (const auto& [account, proof] : plan)
        if (account == i)
          expected.add(ledger::proof_span({proof.start, proof.end}, tariff.min_proof));
    ledger::IntervalUnion found(tariff.idle_gap);
    for (const auto& queued : settled)
      if (queued.snapshot.account == accounts[i]) found.add(queued.snapshot.span);
    EXPECT_THAT(found.runs(), ElementsAreArray(expected.runs()));
  }
}

TEST(LiveMeter, NeedsAtMost160BytesForALiveAccount) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(3);
  constexpr std::size_t kAccounts = 100'000;
  for (std::size_t i = 0; i < kAccounts; ++i) add_account(meter, random, std::chrono::hours{1});
  EXPECT_LE(meter.table_bytes() / kAccounts, 160U);
}

TEST(LiveMeter, TimeOnItsWayToTheLedgerStaysSubtracted) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(5);
  const auto account = add_account(meter, random, std::chrono::seconds{100});
  const auto now = kStart + std::chrono::seconds{30};
  meter.touch(account, {kStart, now}, now);
  std::vector<QueuedRun> batch;
  meter.collect(now, batch);
  ASSERT_THAT(batch, SizeIs(1));
  EXPECT_EQ(meter.admit(account, now).remaining, std::chrono::seconds{70});
  ledger::SettledRun answer;
  answer.account = account;
  answer.billed = std::chrono::seconds{30};
  answer.balance = {.account = account,
                    .available = std::chrono::seconds{70},
                    .next_expiry = std::nullopt,
                    .last_run_end = std::nullopt,
                    .as_of = now,
                    .version = 1};
  EXPECT_TRUE(meter.settled(batch[0], answer));
  EXPECT_EQ(meter.admit(account, now).remaining, std::chrono::seconds{70});
  // More than was on its way is told, and what the ledger says of the balance counts.
  answer.balance.available = std::chrono::seconds{60};
  answer.balance.version = 2;
  EXPECT_FALSE(meter.settled(batch[0], answer));
  EXPECT_EQ(meter.admit(account, now).remaining, std::chrono::seconds{60});
}

// A beat holds for 25 seconds, however old its run is.
TEST(LiveMeter, ABeatHoldsInARunOfManyMonths) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(5);
  const auto account = add_account(meter, random, std::chrono::hours{100'000});
  base::ManualExecutor loop;
  const auto stream = meter.open_stream(account, kStart, loop, [](CutReason) {});
  for (const auto age : {std::chrono::days{49}, std::chrono::days{50}, std::chrono::days{700}}) {
    const auto now = kStart + age;
    meter.touch(account, {now, now, ledger::RouteClass::beat}, now);
    meter.progress(stream, now);
  }
  const auto last = kStart + std::chrono::days{700};
  meter.close_stream(stream, last);
  const auto rate_after = [&](std::chrono::milliseconds after) {
    return meter.view(account, last + after)->rate;
  };
  EXPECT_EQ(rate_after(std::chrono::milliseconds{24'999}), 1);
  EXPECT_EQ(rate_after(std::chrono::milliseconds{25'000}), 0);
}

TEST(LiveMeter, AnOlderBalanceNeverReplacesANewerOne) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(5);
  const auto account = add_account(meter, random, std::chrono::seconds{100});
  ledger::Balance balance;
  balance.account = account;
  balance.as_of = kStart;
  balance.version = 9;
  balance.available = std::chrono::seconds{500};
  meter.put_balance(balance);
  balance.version = 8;
  balance.available = std::chrono::seconds{1};
  meter.put_balance(balance);
  EXPECT_EQ(meter.admit(account, kStart).remaining, std::chrono::seconds{500});
}

// Admission takes no lock: it must never answer with half of a change, whatever others do.
TEST(LiveMeter, AdmissionsSeeWholeChangesWhileTheTableGrows) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(29);
  const auto account = base::AccountId::make(kStart, random);
  const auto load = [&](base::AccountId which, std::int64_t version) {
    ledger::Balance balance;
    balance.account = which;
    balance.available = base::Millis{1'000'000 + version};
    balance.as_of = kStart;
    balance.version = version;
    meter.put_balance(balance);
  };
  meter.begin_load(account, kStart);
  load(account, 1);
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    base::SeededRandom others(31);
    for (std::int64_t version = 2; !stop.load(); ++version) {
      load(account, version);
      const auto other = base::AccountId::make(kStart, others);
      meter.begin_load(other, kStart);
      load(other, 1);
    }
  });
  base::Millis last{0};
  for (int i = 0; i < 200'000; ++i) {
    meter.expect(account);
    const auto answer = meter.admit(account, kStart);
    ASSERT_TRUE(answer.admitted());
    ASSERT_GE(answer.remaining, last);
    last = answer.remaining;
  }
  stop = true;
}

// Late by up to the idle gap, across its exact end, before and after restarts of the run: what is
// left is what the union of all proofs leaves, before the ledger has heard of any.
RC_GTEST_PROP(LiveMeter, WhatIsLeftFollowsFromAllProofsBeforeAnyIsSettled, ()) {
  const ledger::Tariff tariff{
      .version = 1, .idle_gap = base::Millis{60}, .min_proof = base::Millis{10}};
  LiveMeter meter({.tariff = tariff});
  base::SeededRandom random(41);
  constexpr base::Millis kTime{1'000'000};
  const auto account = add_account(meter, random, kTime);
  ledger::IntervalUnion all(tariff.idle_gap);
  auto now = kStart;
  const auto steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    now += base::Millis{*rc::gen::element(0, 1, 10, 49, 50, 51, 59, 60, 61, 69, 70, 71, 140)};
    const auto late = base::Millis{*rc::gen::element(0, 0, 1, 9, 10, 11, 30, 59)};
    const auto length = base::Millis{*rc::gen::inRange<std::int64_t>(0, late.count() + 1)};
    const Proof proof{now - late, now - late + length};
    RC_ASSERT(meter.touch(account, proof, now));
    all.add(ledger::proof_span({proof.start, proof.end}, tariff.min_proof));
    base::Millis used{};
    for (const auto& run : all.runs()) used += ledger::billed_time(run);
    RC_ASSERT(meter.admit(account, now).remaining == kTime - used);
  }
}

// Milliseconds after kStart that are in use, a bit each: what the rules are compared with.
class UsedMillis {
 public:
  void prove(std::int64_t start, std::int64_t end) {
    if (std::ssize(used_) < end) used_.resize(static_cast<std::size_t>(end));
    for (auto ms = start; ms < end; ++ms) used_[static_cast<std::size_t>(ms)] = true;
  }
  // With pauses of at most `gap` between two of them.
  [[nodiscard]] std::int64_t count(std::int64_t gap) const {
    std::int64_t sum = 0;
    std::int64_t pause = gap + 1;
    for (const bool used : used_) {
      if (used) sum += 1 + (pause <= gap ? pause : 0);
      pause = used ? 0 : pause + 1;
    }
    return sum;
  }

 private:
  std::vector<bool> used_;
};

// A proof of a request that began before its account signed out comes in after it: what is left
// is what the bitmap leaves, whether or not the ledger has heard of the run before.
void expect_right_balance_around_sign_outs(const Member& member) {
  constexpr std::int64_t kGap = 60;
  constexpr std::int64_t kShortest = 10;
  constexpr std::int64_t kTime = 1'000'000;
  LiveMeter meter(
      {.tariff = {
           .version = 1, .idle_gap = base::Millis{kGap}, .min_proof = base::Millis{kShortest}}});
  base::SeededRandom random(43);
  const auto account = add_account(meter, random, base::Millis{kTime});
  UsedMillis oracle;
  std::int64_t now = 0;
  const auto at = [](std::int64_t ms) { return kStart + base::Millis{ms}; };
  const auto steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    now += *rc::gen::element(0, 1, 4, 10, 49, 50, 51, 59, 60, 61, 69, 70, 71, 140);
    const auto start =
        std::max<std::int64_t>(0, now - *rc::gen::element(0, 0, 1, 5, 9, 10, 30, 59));
    const auto end = *rc::gen::inRange<std::int64_t>(start, now + 1);
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
      case 1:
        meter.sign_out(account, at(now), member);
        break;
      case 2: {
        std::vector<QueuedRun> on_their_way;
        meter.collect(at(now), on_their_way);
        break;
      }
      default:
        RC_ASSERT(meter.touch(account, {at(start), at(end)}, at(now), member));
        oracle.prove(start, std::max(end, start + kShortest));
    }
    RC_ASSERT(meter.admit(account, at(now), member).remaining.count() ==
              kTime - oracle.count(kGap));
  }
}

RC_GTEST_PROP(LiveMeter, WhatIsLeftIsRightAroundASignOut, ()) {
  expect_right_balance_around_sign_outs({});
}

RC_GTEST_PROP(LiveMeter, WhatIsLeftIsRightAroundAMembersSignOut, ()) {
  base::SeededRandom random(47);
  const auto at_most = *rc::gen::inRange(0, 2);
  expect_right_balance_around_sign_outs(
      {.user = base::UserId::make(kStart, random), .at_most = at_most});
}

// A request that began before the run that has ended by itself meanwhile, off the millisecond.
TEST(LiveMeter, WhatLiesOverARunThatIsOverIsNotSubtractedAgain) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(53);
  const auto account = add_account(meter, random, std::chrono::seconds{1'000});
  const auto at = [](std::int64_t us) { return kStart + base::Micros{us}; };
  meter.touch(account, {at(0), at(5'000'700)}, at(5'000'700));
  std::vector<QueuedRun> batch;
  meter.collect(at(6'000'000), batch);
  Due due;
  meter.tick(at(70'000'000), due);
  ASSERT_NE(meter.admit(account, at(70'000'000)).run, batch[0].snapshot.run);
  meter.touch(account, {at(1'000'300), at(5'000'400)}, at(70'000'000));
  EXPECT_EQ(meter.admit(account, at(70'000'000)).remaining, base::Millis{995'000});
  meter.touch(account, {at(2'000'000), at(70'000'000)}, at(70'000'000));
  // Each of the two is rounded down, until the ledger has joined them.
  EXPECT_EQ(meter.admit(account, at(70'000'000)).remaining, base::Millis{930'001});
  meter.collect(at(70'000'000), batch);
  for (const auto& queued : batch) EXPECT_GE(queued.pending, base::Millis{0});
}

TEST(LiveTable, FindsWhatWasInsertedAndNothingThatWasErased) {
  LiveRecords records;
  LiveTable table;
  table.attach(records);
  base::SeededRandom random(17);
  std::vector<base::AccountId> kept;
  std::vector<base::AccountId> erased;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 200; ++i) {
      kept.push_back(base::AccountId::make(kStart, random));
      table.insert(kept.back());
    }
    for (int i = 0; i < 150; ++i) {
      const auto victim =
          kept.begin() + static_cast<std::ptrdiff_t>(random.next_u64() % kept.size());
      erased.push_back(*victim);
      table.erase(table.find(*victim)->slot);
      kept.erase(victim);
    }
  }
  EXPECT_EQ(table.size(), kept.size());
  EXPECT_LE(table.slots(), 1'250U);  // slots are used again
  for (const auto account : kept) ASSERT_NE(table.find(account), nullptr);
  for (const auto account : erased) ASSERT_EQ(table.find(account), nullptr);
}

}  // namespace
}  // namespace metering
