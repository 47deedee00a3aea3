// A team whose members are billed side by side: all of them, or at most n at a time.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "features/metering/test_world.hpp"

namespace metering {
namespace {

constexpr std::int64_t kTeamGap = 60;
constexpr std::int64_t kTeamMinProof = 10;
constexpr std::int64_t kHour = 3'600'000;

Member member(std::uint64_t number, std::int32_t at_most) {
  return {.user = base::UserId{{number, number}}, .at_most = at_most};
}

// A set of used milliseconds a member; what is billed is counted millisecond by millisecond.
class TeamBitmap {
 public:
  void prove(std::size_t who, std::int64_t start, std::int64_t end) {
    for (auto ms = start; ms < std::max(end, start + kTeamMinProof); ++ms) used_[who].insert(ms);
  }
  [[nodiscard]] std::int64_t billed(std::int64_t at_most) const {
    std::map<std::int64_t, std::int64_t> members_at;
    for (const auto& [who, used] : used_) {
      auto last = *used.begin();
      for (const auto ms : used) {
        const bool pause = ms - last - 1 > kTeamGap;
        for (auto one = pause ? ms : last + 1; one <= ms; ++one) ++members_at[one];
        if (ms == *used.begin()) ++members_at[ms];
        last = ms;
      }
    }
    std::int64_t sum = 0;
    for (const auto& [ms, members] : members_at)
      sum += at_most == 0 ? members : std::min(members, at_most);
    return sum;
  }

 private:
  std::map<std::size_t, std::set<std::int64_t>> used_;
};

struct TeamArena {
  TestWorld world{
      {},
      {.version = 1, .idle_gap = base::Millis{kTeamGap}, .min_proof = base::Millis{kTeamMinProof}}};
  std::int64_t offset = 0;
};

RC_GTEST_PROP(Team, BillsWhatABitAMillisecondAndMemberSays, ()) {
  static TeamArena arena;
  struct Tab {
    StreamId stream;
    std::size_t who;
    std::int64_t start;
  };
  auto& world = arena.world;
  arena.offset += 1'000'000;
  world.go_to(arena.offset);
  const auto account = world.account_with(base::Millis{kHour});
  const auto at_most = *rc::gen::inRange<std::int32_t>(0, 4);
  base::ManualExecutor loop;
  TeamBitmap oracle;
  std::vector<Tab> tabs;
  std::int64_t now = 0;
  const auto close = [&] {
    world.meter().close_stream(tabs.back().stream, world.now());
    oracle.prove(tabs.back().who, tabs.back().start, now);
    tabs.pop_back();
  };
  const auto steps = *rc::gen::inRange(1, 40);
  for (int step = 0; step < steps; ++step) {
    now += *rc::gen::inRange<std::int64_t>(0, 110);
    world.go_to(arena.offset + now);
    const auto who = *rc::gen::inRange<std::size_t>(1, 5);
    const auto one = member(who, at_most);
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        world.settle();
        break;
      case 1:
        world.meter().tick(world.now());
        break;
      case 2:
        world.meter().record_beat(account, world.now(), one);
        oracle.prove(who, now, now);
        break;
      case 3:
        tabs.push_back({world.meter().open_stream(
                            account, world.now(), loop, [](CutReason) {}, one),
                        who, now});
        break;
      case 4:
        if (!tabs.empty()) close();
        break;
      default:
        const auto start = std::max<std::int64_t>(0, now - *rc::gen::inRange(0, 300));
        const auto end = std::min(now, start + *rc::gen::inRange(0, 80));
        for (int copies = *rc::gen::inRange(1, 3); copies > 0; --copies)
          world.use(account, arena.offset + start, arena.offset + end, one);
        oracle.prove(who, start, end);
    }
  }
  while (!tabs.empty()) close();
  world.settle();
  const auto billed = oracle.billed(at_most);
  RC_ASSERT(world.billed(account) == billed);
  RC_ASSERT(world.available(account) == kHour - billed);
  RC_ASSERT(world.meter().view(account, world.now())->remaining.count() == kHour - billed);
}

// What is left, while it is on its way and while it is not settled, is what the oracle says.
TEST(Team, KnowsWhatIsLeftBeforeTheLedgerDoes) {
  for (const std::int32_t at_most : {0, 1, 2}) {
    TestWorld world;
    const auto account = world.account_with(base::Millis{kHour});
    const auto factor = at_most == 0 ? 3 : at_most;
    world.go_to(100'000);
    for (std::uint64_t who = 1; who <= 3; ++who)
      world.use(account, 0, 100'000, member(who, at_most));
    EXPECT_EQ(world.meter().view(account, world.now())->remaining.count(),
              kHour - factor * 100'000);
    EXPECT_EQ(world.meter().admit(account, world.now()).remaining.count(),
              kHour - factor * 100'000);
    world.settle();
    EXPECT_EQ(world.meter().view(account, world.now())->remaining.count(),
              kHour - factor * 100'000);
    world.expect_verified();
  }
}

TEST(Team, TimePassesAtTheRateOfMembersInUseAndEndsSoonerForIt) {
  TestWorld world;
  const auto account = world.account_with(base::Millis{10'000});
  base::ManualExecutor loop;
  std::vector<std::int64_t> cuts;
  const auto open = [&](std::uint64_t who) {
    return world.meter().open_stream(
        account, world.now(), loop,
        [&](CutReason) { cuts.push_back((world.now() - kTestStart) / base::Millis{1}); },
        member(who, 0));
  };
  static_cast<void>(open(1));
  world.go_to(4'000);
  EXPECT_EQ(world.meter().view(account, world.now())->rate, 1);
  EXPECT_EQ(world.meter().view(account, world.now())->remaining.count(), 6'000);
  static_cast<void>(open(2));
  world.go_to(5'000);
  const auto view = world.meter().view(account, world.now());
  EXPECT_EQ(view->rate, 2);
  EXPECT_EQ(view->remaining.count(), 4'000);
  EXPECT_EQ(view->exhausts_at, at_ms(7'000));
  for (std::int64_t ms = 5'000; ms <= 7'200; ms += 50) {
    world.go_to(ms);
    world.meter().tick(world.now());
    loop.run_ready();
  }
  EXPECT_EQ(cuts, (std::vector<std::int64_t>{7'000, 7'000}));
  EXPECT_EQ(world.meter().admit(account, world.now()).verdict, Verdict::hours_exhausted);
}

TEST(Team, ASignOutEndsTheRunOfWhoLeavesOnly) {
  TestWorld world;
  const auto account = world.account_with(base::Millis{kHour});
  for (std::uint64_t who = 1; who <= 2; ++who) world.use(account, 0, 5'000, member(who, 0));
  world.meter().sign_out(account, world.now(), member(1, 0));
  world.settle();
  const auto runs = world.stored(account);
  ASSERT_EQ(runs.size(), 2U);
  for (const auto& run : runs) {
    const bool left = run.lane == ledger::lane_name(member(1, 0).user, 0);
    EXPECT_EQ(run.ended, left ? std::optional{ledger::RunEnd::signed_out} : std::nullopt);
  }
}

TEST(Team, LeavesTheMemoryWhenNobodyUsesIt) {
  TestWorld world;
  const auto account = world.account_with(base::Millis{kHour});
  for (std::uint64_t who = 1; who <= 3; ++who) world.use(account, 0, 5'000, member(who, 2));
  for (std::int64_t ms = 6'000; ms < 720'000; ms += 1'000) {
    world.go_to(ms);
    world.meter().tick(world.now());
    if (ms % 10'000 == 0) world.settle();
  }
  EXPECT_FALSE(world.meter().view(account, world.now()));
  EXPECT_EQ(world.billed(account), 10'000);
  EXPECT_EQ(world.meter().health(world.now()).unsettled_ms, 0);
}

}  // namespace
}  // namespace metering
