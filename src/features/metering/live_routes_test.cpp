// What a run says of its proofs (how many of which class, which opened it, when the last began),
// through the meter and a real ledger, against a plain list of them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "features/metering/live_meter.hpp"
#include "features/metering/test_world.hpp"

namespace metering {
namespace {

using ledger::RouteClass;

constexpr std::int64_t kGap = 60;
constexpr std::int64_t kShortest = 10;

struct Listed {
  std::int64_t start;
  std::int64_t end;
  RouteClass route;
  std::int64_t times = 1;
};

std::string line(std::int64_t start, std::int64_t end, std::int64_t requests,
                 const ledger::RouteCounts& routes, RouteClass opened_by, std::int64_t last) {
  return fmt::format("[{}, {}): {}; {} requests, opened by {}, last at {}", start, end,
                     ledger::format_routes(routes), requests, ledger::route_class_name(opened_by),
                     last);
}

std::vector<std::string> lines_of_list(std::vector<Listed> proofs) {
  std::ranges::sort(proofs, {}, &Listed::start);
  std::vector<std::string> lines;
  for (std::size_t first = 0; first < proofs.size();) {
    auto next = first;
    auto end = proofs[first].end;
    ledger::RouteCounts routes{};
    std::int64_t requests = 0;
    for (; next < proofs.size() && proofs[next].start - end <= kGap; ++next) {
      end = std::max(end, proofs[next].end);
      routes.at(static_cast<std::size_t>(proofs[next].route)) += proofs[next].times;
      if (proofs[next].route != RouteClass::beat) requests += proofs[next].times;
    }
    lines.push_back(line(proofs[first].start, end, requests, routes, proofs[first].route,
                         proofs[next - 1].start));
    first = next;
  }
  return lines;
}

std::vector<std::string> lines_of_ledger(TestWorld& world, base::AccountId account,
                                         std::int64_t offset) {
  const auto after = [&](base::Instant at) {
    return std::chrono::floor<base::Millis>(at - at_ms(offset)).count();
  };
  std::vector<std::string> lines;
  for (const auto& run : world.stored(account)) {
    std::int64_t sum = 0;
    for (const auto count : run.routes) sum += count;
    EXPECT_EQ(sum, run.proofs);
    lines.push_back(line(after(run.span.start), after(run.span.end), run.requests, run.routes,
                         run.opened_by.value(), after(run.last_proof)));
  }
  return lines;
}

class Case {
 public:
  Case(TestWorld& world, std::int64_t offset, const Member& member)
      : world_(world), offset_(offset), member_(member) {
    world_.go_to(offset_);
    account_ = world_.account_with(std::chrono::hours{1});
  }

  void step() {
    now_ += *rc::gen::inRange<std::int64_t>(1, 110);
    world_.go_to(offset_ + now_);
    switch (*rc::gen::inRange(0, 13)) {
      case 0:
        world_.settle();
        break;
      case 1:  // what is refused comes again with the next settlement
        world_.break_store();
        refused_ += base::block_on(world_.meter().step(world_.now())).has_value() ? 0 : 1;
        world_.mend_store();
        break;
      case 2:
        world_.meter().tick(world_.now());
        break;
      case 3:
        world_.meter().sign_out(account_, world_.now(), member_);
        break;
      case 4:
        beat();
        break;
      case 5:
        open();
        break;
      case 6:
        close();
        break;
      case 7:
        if (*rc::gen::inRange(0, 4) == 0) burst();
        break;
      default:
        request();
    }
  }

  void finish() {
    while (!tabs_.empty()) close();
    world_.settle();
    RC_ASSERT(world_.meter().health(world_.now()).failed_settlements >= refused_);
    RC_ASSERT(lines_of_ledger(world_, account_, offset_) == lines_of_list(proofs_));
  }

 private:
  struct Tab {
    StreamId stream;
    Listed proof;
  };

  // Of proofs that begin together the list does not say which is the last: there are none.
  [[nodiscard]] bool is_new(std::int64_t start) { return starts_.insert(start).second; }

  void beat() {
    if (!is_new(now_)) return;
    RC_ASSERT(world_.meter().record_beat(account_, world_.now(), member_));
    proofs_.push_back({now_, now_ + kShortest, RouteClass::beat});
  }
  void open() {
    if (!is_new(now_)) return;
    const auto route = *rc::gen::element(RouteClass::stream, RouteClass::query);
    tabs_.push_back({world_.meter().open_stream(
                         account_, world_.now(), loop_, [](CutReason) {}, member_, route),
                     {now_, 0, route}});
  }
  void close() {
    if (tabs_.empty()) return;
    auto [stream, proof] = tabs_.back();
    tabs_.pop_back();
    world_.meter().close_stream(stream, world_.now());
    proof.end = std::max(now_, proof.start + kShortest);
    proofs_.push_back(proof);
  }
  // About as many as a counter holds.
  void burst() {
    if (!is_new(now_)) return;
    const auto times = *rc::gen::inRange<std::int64_t>(65'500, 65'600);
    const auto route = static_cast<RouteClass>(*rc::gen::inRange(0, 6));
    const Proof proof{at_ms(offset_ + now_), at_ms(offset_ + now_), route};
    for (std::int64_t i = 0; i < times; ++i)
      RC_ASSERT(world_.meter().touch(account_, proof, world_.now(), member_));
    proofs_.push_back({now_, now_ + kShortest, route, times});
  }
  void request() {
    const auto start = std::max<std::int64_t>(0, now_ - *rc::gen::inRange<std::int64_t>(0, 300));
    const auto end = std::min(now_, start + *rc::gen::inRange<std::int64_t>(0, 80));
    if (!is_new(start)) return;
    const auto route = *rc::gen::element(RouteClass::data, RouteClass::data, RouteClass::query,
                                         RouteClass::imports, RouteClass::gateway);
    RC_ASSERT(world_.meter().touch(account_, {at_ms(offset_ + start), at_ms(offset_ + end), route},
                                   world_.now(), member_));
    proofs_.push_back({start, std::max(end, start + kShortest), route});
  }

  TestWorld& world_;
  std::int64_t offset_;
  Member member_;
  base::AccountId account_;
  base::ManualExecutor loop_;
  std::int64_t now_ = 0;
  std::int64_t refused_ = 0;
  std::vector<Listed> proofs_;
  std::vector<Tab> tabs_;
  std::set<std::int64_t> starts_;
};

RC_GTEST_PROP(LiveRoutes, ARunSaysOfItsProofsWhatAListOfThemSays, ()) {
  static TestWorld world{
      {}, {.version = 1, .idle_gap = base::Millis{kGap}, .min_proof = base::Millis{kShortest}}};
  static std::int64_t offset = 0;
  static base::SeededRandom random(61);
  offset += 1'000'000;
  const bool member_of_team = *rc::gen::arbitrary<bool>();
  Case one(world, offset,
           member_of_team ? Member{.user = base::UserId::make(kTestStart, random)} : Member{});
  const auto steps = *rc::gen::inRange(1, 40);
  for (int step = 0; step < steps; ++step) one.step();
  one.finish();
}

TEST(LiveRoutes, WhatTheLedgerRefusedAndGetsAgainCountsOnce) {
  TestWorld world;
  const auto account = world.account_with(std::chrono::hours{1});
  const auto use = [&](std::int64_t ms, RouteClass route) {
    world.go_to(ms);
    EXPECT_TRUE(world.meter().touch(account, {at_ms(ms), at_ms(ms), route}, at_ms(ms)));
  };
  const auto refuse = [&] {
    world.break_store();
    EXPECT_FALSE(base::block_on(world.meter().step(world.now())).has_value());
    world.mend_store();
  };
  use(1'000, RouteClass::data);
  refuse();
  use(2'000, RouteClass::query);
  refuse();
  world.settle();
  use(3'000, RouteClass::query);
  refuse();
  for (int i = 0; i < 3; ++i) world.settle();
  EXPECT_EQ(lines_of_ledger(world, account, 0),
            std::vector<std::string>{
                "[1000, 4000): data:1,query:2; 3 requests, opened by data, last at 3000"});
  world.expect_verified();
}

QueuedRun only_run(LiveMeter& meter, base::Instant now) {
  std::vector<QueuedRun> batch;
  meter.collect(now, batch);
  EXPECT_EQ(batch.size(), 1U);
  return batch.at(0);
}

// The same proofs in another order give the same, also when two begin together.
TEST(LiveRoutes, OfProofsThatBeginTogetherTheOrderDoesNotMatter) {
  base::SeededRandom random(67);
  const auto now = kTestStart + std::chrono::seconds{5};
  const auto told = [&](const std::vector<RouteClass>& order) {
    LiveMeter meter(LiveMeterOptions{});
    const auto account = base::AccountId::make(kTestStart, random);
    meter.begin_load(account, kTestStart);
    for (const auto route : order) meter.touch(account, {kTestStart, now, route}, now);
    return only_run(meter, now).snapshot;
  };
  const auto one = told({RouteClass::gateway, RouteClass::query, RouteClass::gateway});
  const auto other = told({RouteClass::query, RouteClass::gateway, RouteClass::gateway});
  EXPECT_EQ(one.opened_by, RouteClass::query);
  EXPECT_EQ(other.opened_by, RouteClass::query);
  EXPECT_EQ(ledger::format_routes(one.routes), "query:1,gateway:2");
  EXPECT_EQ(one.routes, other.routes);
}

// Exact to the microsecond and far from the start, also when a late proof moves that.
TEST(LiveRoutes, TheLastProofStaysWhereItIsInALongRun) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(71);
  const auto account = base::AccountId::make(kTestStart, random);
  meter.begin_load(account, kTestStart);
  base::ManualExecutor loop;
  const auto stream =
      meter.open_stream(account, kTestStart, loop, [](CutReason) {}, {}, RouteClass::data);
  const auto late = kTestStart + std::chrono::days{30} + base::Micros{123'457};
  meter.touch(account, {late, late}, late);
  EXPECT_EQ(only_run(meter, late).snapshot.last_proof, late);
  meter.touch(account, {kTestStart - base::Micros{7}, kTestStart}, late);
  EXPECT_EQ(only_run(meter, late).snapshot.last_proof, late);
  meter.touch(account, {kTestStart - base::Micros{9}, kTestStart, RouteClass::imports}, late);
  const auto run = only_run(meter, late).snapshot;
  EXPECT_EQ(run.last_proof, late);
  EXPECT_EQ(run.opened_by, RouteClass::imports);
  EXPECT_EQ(ledger::format_routes(run.routes), "data:3,imports:1");
  meter.close_stream(stream, late);
}

TEST(LiveRoutes, RunsThatAreOverGiveWhatWasCarriedBack) {
  LiveMeter meter(LiveMeterOptions{});
  base::SeededRandom random(73);
  const auto user = base::UserId::make(kTestStart, random);
  const auto account = base::AccountId::make(kTestStart, random);
  meter.begin_load(account, kTestStart);
  auto now = kTestStart;
  std::vector<QueuedRun> batch;
  const auto use = [&](int times) {
    for (const auto& member : {Member{}, Member{.user = user}})
      for (int i = 0; i < times; ++i)
        meter.touch(account, {now, now, RouteClass::query}, now, member);
    const auto bytes = meter.table_bytes();
    meter.collect(now, batch);
    now += std::chrono::minutes{2};
    Due due;
    meter.tick(now, due);
    meter.collect(now, batch);
    return bytes;
  };
  const auto few = use(1);
  for (int i = 0; i < 5; ++i) EXPECT_GT(use(70'000), few);
  EXPECT_EQ(use(1), few);
  std::int64_t proofs = 0;
  for (const auto& run : batch) proofs += run.snapshot.ended ? run.snapshot.routes.at(1) : 0;
  EXPECT_EQ(proofs, 2 * (5 * 70'000 + 2));
}

// The same to the microsecond, and too late for the run in memory: the ledger tells them apart.
TEST(LiveRoutes, TwoLateProofsOfTheSameSpanCountTwice) {
  TestWorld world;
  const auto account = world.account_with(std::chrono::hours{1});
  world.go_to(200'000);
  EXPECT_TRUE(world.meter().touch(account, {at_ms(200'000), at_ms(200'000)}, world.now()));
  const auto late = [&](RouteClass route) {
    EXPECT_TRUE(world.meter().touch(account, {at_ms(5'000), at_ms(5'500), route}, world.now()));
  };
  late(RouteClass::query);
  late(RouteClass::imports);
  world.settle();
  late(RouteClass::query);
  world.settle();
  EXPECT_EQ(lines_of_ledger(world, account, 0),
            (std::vector<std::string>{
                "[5000, 6000): query:2,imports:1; 3 requests, opened by query, last at 5000",
                "[200000, 201000): data:1; 1 requests, opened by data, last at 200000"}));
  world.expect_verified();
}

TEST(LiveRoutes, ALiveAccountNeedsAtMost160BytesAlsoWithARunOfSeveralClasses) {
  base::SeededRandom random(79);
  for (const std::size_t count : {100'000U, 120'000U}) {
    LiveMeter meter(LiveMeterOptions{});
    for (std::size_t i = 0; i < count; ++i) {
      const auto account = base::AccountId::make(kTestStart, random);
      meter.begin_load(account, kTestStart);
      for (const auto route : {RouteClass::data, RouteClass::query, RouteClass::beat})
        meter.touch(account, {kTestStart, kTestStart, route}, kTestStart);
    }
    const auto bytes = meter.table_bytes() / count;
    RecordProperty("bytes_" + std::to_string(count), static_cast<int>(bytes));
    EXPECT_LE(bytes, 160U) << count;
  }
}

}  // namespace
}  // namespace metering
