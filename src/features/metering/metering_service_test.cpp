#include "features/metering/metering_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "features/metering/test_world.hpp"

namespace metering {
namespace {

using Span = TestWorld::Span;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Admission, AnAccountThatIsNotInMemoryIsUnknownAndKnownAfterLoad) {
  TestWorld world;
  const auto account = world.new_account();
  world.grant(account, hours{1});
  EXPECT_EQ(world.meter().admit(account, world.now()).verdict, Verdict::unknown);
  world.load(account);
  const auto admission = world.meter().admit(account, world.now());
  EXPECT_TRUE(admission.admitted());
  EXPECT_EQ(admission.remaining, hours{1});
}

TEST(Admission, NamesTheRunThatAProofOfNowBegins) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  const auto run = world.meter().admit(account, at_ms(0)).run;
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(world.meter().admit(account, at_ms(0)).run, run);
  EXPECT_NE(world.meter().admit(account, at_ms(1)).run, run);
  EXPECT_NE(world.meter().admit(world.account_with(hours{1}), at_ms(0)).run, run);
  world.use(account, 0, 500);
  world.settle();
  EXPECT_EQ(world.stored(account).front().id, *run);
}

TEST(Admission, NamesTheRunThatIsOpen) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.use(account, 0, 500);
  const auto run = world.meter().admit(account, at_ms(30'000)).run;
  ASSERT_TRUE(run.has_value());
  world.settle();
  EXPECT_EQ(world.stored(account).front().id, *run);
  EXPECT_NE(world.meter().admit(account, at_ms(61'001)).run, run);
}

// D23: zero hours read as a generic failure, and the reason never appeared.
TEST(Admission, SaysWhyNot) {
  TestWorld world;
  const auto never = world.new_account();
  world.load(never);
  EXPECT_EQ(world.meter().admit(never, world.now()).verdict, Verdict::subscription_required);

  const auto spent = world.account_with(seconds{2});
  world.use(spent, 0, 2'000);
  EXPECT_EQ(world.meter().admit(spent, at_ms(2'000)).verdict, Verdict::hours_exhausted);
  world.settle();
  EXPECT_EQ(world.meter().admit(spent, at_ms(2'000)).verdict, Verdict::hours_exhausted);
  const auto refusal = admission_error(Verdict::hours_exhausted);
  EXPECT_EQ(refusal.code, base::ErrorCode::payment_required);
  EXPECT_EQ(refusal.reason, "hours_exhausted");
  world.restart();
  world.load(spent);
  EXPECT_EQ(world.meter().admit(spent, at_ms(2'000)).verdict, Verdict::hours_exhausted);
}

TEST(Admission, AGrantAdmitsAtOnce) {
  TestWorld world;
  const auto account = world.new_account();
  world.load(account);
  world.grant(account, hours{5});  // after the commit the ledger tells the meter
  EXPECT_EQ(world.meter().admit(account, world.now()).remaining, hours{5});
}

TEST(Touch, RefusesWhatEndsInTheFutureOrBeforeItStarts) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  EXPECT_FALSE(world.meter().touch(account, {at_ms(0), at_ms(2'001)}, at_ms(0)));
  EXPECT_TRUE(world.meter().touch(account, {at_ms(0), at_ms(2'000)}, at_ms(0)));
  EXPECT_FALSE(world.meter().touch(account, {at_ms(10), at_ms(9)}, at_ms(20)));
}

TEST(Touch, AProofOfAnAccountThatLeftTheMemoryIsBilledToo) {
  TestWorld world;
  const auto account = world.new_account();
  world.grant(account, hours{1});
  world.use(account, 0, 3'000);
  world.settle();
  EXPECT_EQ(world.billed(account), 3'000);
}

// D12: the page's own polling burned hours in an idle tab. Asking proves nothing.
TEST(Touch, LookingAtTheBalanceIsNoUse) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  for (int minute = 0; minute < 60; ++minute) {
    world.go_to(minute * 60'000);
    world.load(account);  // it leaves the memory now and then
    EXPECT_EQ(world.meter().view(account, world.now())->rate, 0);
    EXPECT_TRUE(world.meter().admit(account, world.now()).admitted());
    world.meter().tick(world.now());
    world.settle();
  }
  EXPECT_THAT(world.runs(account), IsEmpty());
  EXPECT_EQ(world.available(account), 3'600'000);
}

TEST(Beats, JoinToOneRunAndEndWithTheLastBeat) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  for (int beat = 0; beat <= 6; ++beat) {
    world.go_to(beat * 20'000);
    EXPECT_TRUE(world.meter().record_beat(account, world.now()));
  }
  EXPECT_EQ(world.meter().view(account, world.now())->rate, 1);
  world.go_to(120'000 + 25'000);
  EXPECT_EQ(world.meter().view(account, world.now())->rate, 0);
  world.go_to(400'000);
  world.meter().tick(world.now());
  world.settle();
  EXPECT_THAT(world.runs(account), ElementsAre(Span{0, 121'000}));
  EXPECT_EQ(world.stored(account)[0].requests, 0);
  EXPECT_EQ(world.stored(account)[0].proofs, 7);
}

TEST(Streams, AreCutAtTheInstantTheTimeRunsOutAndNotBefore) {
  TestWorld world;
  base::ManualExecutor loop;
  const auto account = world.account_with(seconds{30});
  std::vector<CutReason> cuts;
  const auto stream = world.meter().open_stream(account, at_ms(0), loop,
                                                [&](CutReason reason) { cuts.push_back(reason); });
  for (std::int64_t ms = 1'000; ms < 30'000; ms += 1'000) {
    world.go_to(ms);
    world.settle();
    world.meter().tick(world.now());
  }
  world.go_to(29'999);
  world.meter().tick(world.now());
  loop.run_ready();
  EXPECT_THAT(cuts, IsEmpty());
  EXPECT_TRUE(world.meter().admit(account, world.now()).admitted());
  world.go_to(30'000);
  world.meter().tick(world.now());
  world.meter().tick(world.now());
  loop.run_ready();
  EXPECT_THAT(cuts, ElementsAre(CutReason::hours_exhausted));
  EXPECT_FALSE(world.meter().admit(account, world.now()).admitted());
  world.meter().close_stream(stream, world.now());
  world.settle();
  EXPECT_EQ(world.billed(account), 30'000);
  EXPECT_EQ(world.available(account), 0);
}

// A request counts for a second when it begins. The timer of the stream knew of 900 ms more.
TEST(Streams, AreCutAtOnceWhenARequestTakesTheLastSecond) {
  TestWorld world;
  base::ManualExecutor loop;
  const auto account = world.account_with(seconds{2});
  int cuts = 0;
  world.meter().tick(world.now());
  const auto stream =
      world.meter().open_stream(account, at_ms(0), loop, [&](CutReason) { ++cuts; });
  world.go_to(1'100);
  world.settle();  // looks again at 2,000
  world.use(account, 1'100, 1'101);
  world.go_to(1'150);
  world.meter().tick(world.now());
  loop.run_ready();
  EXPECT_EQ(cuts, 1);
  world.meter().close_stream(stream, world.now());
}

TEST(SigningOut, EndsTheRunAtItsLastProofAndSaysSo) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.use(account, 0, 10'000);
  world.go_to(12'000);
  world.meter().sign_out(account, world.now());
  world.settle();
  auto runs = world.stored(account);
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].ended, ledger::RunEnd::signed_out);
  EXPECT_EQ(world.billed(account), 10'000);
  EXPECT_EQ(world.meter().view(account, world.now())->rate, 0);
  // What is billed follows from the proofs alone: who comes back within idle_gap goes on.
  EXPECT_EQ(world.meter().admit(account, world.now()).run, runs[0].id);
  world.use(account, 40'000, 41'000);
  EXPECT_EQ(world.meter().admit(account, world.now()).remaining, hours{1} - seconds{41});
  world.settle();
  EXPECT_THAT(world.runs(account), ElementsAre(Span{0, 41'000}));
  EXPECT_EQ(world.stored(account)[0].id, runs[0].id);
  EXPECT_EQ(world.stored(account)[0].ended, std::nullopt);
  world.expect_verified();
}

TEST(SigningOut, IsSaidOnceHoweverLongTheRunStaysInMemory) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.use(account, 0, 10'000);
  world.meter().sign_out(account, world.now());
  world.settle();
  world.go_to(80'000);
  world.meter().tick(world.now());
  world.settle();
  ASSERT_THAT(world.stored(account), SizeIs(1));
  EXPECT_EQ(world.stored(account)[0].ended, ledger::RunEnd::signed_out);
  EXPECT_NE(world.meter().admit(account, world.now()).run, world.stored(account)[0].id);
  world.use(account, 90'000, 91'000);
  const auto stopped = base::block_on(world.meter().settle_all(world.now()));
  ASSERT_TRUE(stopped.has_value());
  const auto runs = world.stored(account);
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_EQ(runs[0].ended, ledger::RunEnd::signed_out);
  EXPECT_EQ(runs[1].ended, ledger::RunEnd::shutdown);
}

TEST(SigningOut, IsForgottenByWhoCameBackWhileTheStoreWasBroken) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.use(account, 0, 10'000);
  world.meter().sign_out(account, world.now());
  world.use(account, 9'500, 11'000);
  world.break_store();
  EXPECT_FALSE(base::block_on(world.meter().step(world.now())).has_value());
  world.mend_store();
  world.settle();
  EXPECT_THAT(world.runs(account), ElementsAre(Span{0, 11'000}));
  EXPECT_EQ(world.stored(account)[0].ended, std::nullopt);
}

TEST(SigningOut, JustBeforeTheServerStopsIsWhyTheRunEnded) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.use(account, 0, 10'000);
  world.meter().sign_out(account, world.now());
  const auto stopped = base::block_on(world.meter().settle_all(world.now()));
  ASSERT_TRUE(stopped.has_value());
  ASSERT_THAT(world.stored(account), SizeIs(1));
  EXPECT_EQ(world.stored(account)[0].ended, ledger::RunEnd::signed_out);
}

TEST(SigningOut, LeavesTheRunToAStreamThatIsStillOpen) {
  TestWorld world;
  base::ManualExecutor loop;
  const auto account = world.account_with(hours{1});
  const auto stream = world.meter().open_stream(account, at_ms(0), loop, [](CutReason) {});
  world.go_to(5'000);
  world.meter().sign_out(account, world.now());
  world.go_to(9'000);
  world.meter().close_stream(stream, world.now());
  world.settle();
  EXPECT_THAT(world.runs(account), ElementsAre(Span{0, 9'000}));
  EXPECT_EQ(world.stored(account)[0].ended, std::nullopt);
}

TEST(Expiry, ARunThatEndsWithItsGrantSaysSo) {
  TestWorld world;
  const auto account = world.new_account();
  world.grant(account, hours{1}, at_ms(10'000));
  world.load(account);
  world.use(account, 0, 9'500);
  world.settle();
  world.go_to(10'000);
  world.meter().tick(world.now());
  world.meter().tick(world.now());
  world.go_to(80'000);
  world.meter().tick(world.now());
  world.settle();
  ASSERT_THAT(world.stored(account), SizeIs(1));
  EXPECT_EQ(world.stored(account)[0].ended, ledger::RunEnd::expired);
}

TEST(Streams, ATopUpInTimeKeepsThemOpen) {
  TestWorld world;
  base::ManualExecutor loop;
  const auto account = world.account_with(seconds{10});
  int cuts = 0;
  const auto stream =
      world.meter().open_stream(account, at_ms(0), loop, [&](CutReason) { ++cuts; });
  world.go_to(9'000);
  world.grant(account, seconds{10});
  world.go_to(19'999);
  world.meter().tick(world.now());
  loop.run_ready();
  EXPECT_EQ(cuts, 0);
  world.go_to(20'000);
  world.meter().tick(world.now());
  loop.run_ready();
  EXPECT_EQ(cuts, 1);
  world.meter().close_stream(stream, world.now());
}

TEST(Streams, UseBeyondZeroIsRecordedAsUnbilledAndNeverADebt) {
  TestWorld world;
  base::ManualExecutor loop;
  const auto account = world.account_with(seconds{5});
  const auto stream = world.meter().open_stream(account, at_ms(0), loop, [](CutReason) {});
  world.go_to(8'000);
  world.meter().close_stream(stream, world.now());
  world.settle();
  const auto runs = world.stored(account);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].billed, seconds{5});
  EXPECT_EQ(runs[0].unbilled, seconds{3});
  EXPECT_EQ(world.available(account), 0);
  world.grant(account, seconds{60});
  EXPECT_EQ(world.available(account), 60'000);
}

TEST(Expiry, AGrantThatExpiresIsNoLongerAdmitted) {
  TestWorld world;
  base::SimulatedTimers timers(world.clock());
  const auto account = world.new_account();
  world.grant(account, hours{1}, at_ms(10'000));
  world.load(account);
  EXPECT_TRUE(world.meter().admit(account, world.now()).admitted());
  world.meter().start(timers, world.loop());
  for (int i = 0; i < 10'100 / 50; ++i) {
    timers.advance(base::Millis{50});
    world.loop().run_ready();
  }
  EXPECT_EQ(world.meter().admit(account, world.now()).verdict, Verdict::hours_exhausted);
  world.meter().stop();
}

// D14, D15: a restart dropped the clock and left sessions open for ever; a failed deduction lost
// the use.
TEST(Crash, LosesAtMostWhatWasNotSettledAndNeverBillsTwice) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.use(account, 0, 10'000);
  world.settle();
  world.use(account, 10'000, 11'000);  // not settled: lost by the crash
  world.restart();
  world.load(account);
  world.use(account, 5'000, 10'500);  // partly known to the ledger
  world.settle();
  EXPECT_THAT(world.runs(account), ElementsAre(Span{0, 10'500}));
  EXPECT_EQ(world.billed(account), 10'500);
  world.expect_verified();
}

// The pause is billed, because the ledger joins both; the meter of the new process knows it at
// once.
TEST(Crash, UseGoesOnWithTheRunFromBeforeAndWhatIsLeftKnowsIt) {
  TestWorld world;
  const auto account = world.account_with(seconds{60});
  world.use(account, 0, 10'000);
  world.settle();
  world.restart();
  world.go_to(50'000);
  world.load(account);
  EXPECT_EQ(world.meter().admit(account, world.now()).remaining, seconds{50});
  world.use(account, 50'000, 52'000);
  EXPECT_EQ(world.meter().admit(account, world.now()).remaining, seconds{8});
  world.settle();
  EXPECT_EQ(world.meter().admit(account, world.now()).remaining, seconds{8});
  EXPECT_THAT(world.runs(account), ElementsAre(Span{0, 52'000}));
  EXPECT_EQ(world.billed(account), 52'000);
}

// The same where the first request came before the balance was read.
TEST(Crash, UseThatCameBeforeTheBalanceGoesOnWithTheRunFromBefore) {
  TestWorld world;
  const auto account = world.account_with(seconds{60});
  world.use(account, 0, 10'000);
  world.settle();
  world.restart();
  world.go_to(40'000);
  base::ManualExecutor loop;
  const auto stream = world.meter().open_stream(account, at_ms(40'000), loop, [](CutReason) {});
  world.load(account);
  EXPECT_EQ(world.meter().admit(account, world.now()).remaining, seconds{19});
  world.go_to(70'000);
  const auto late = world.meter().admit(account, world.now());
  EXPECT_FALSE(late.admitted());
  world.meter().close_stream(stream, world.now());
}

// D15: a deduction that failed was forgotten.
TEST(BrokenStore, KeepsTheUseAndSettlesItOnceItWorksAgain) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.use(account, 0, 10'000);
  world.break_store();
  EXPECT_FALSE(base::block_on(world.meter().step(world.now())).has_value());
  world.use(account, 10'000, 12'000);
  EXPECT_FALSE(base::block_on(world.meter().step(world.now())).has_value());
  auto health = world.meter().health(world.now());
  EXPECT_EQ(health.unsettled_ms, 12'000);
  EXPECT_EQ(health.settlement_lag_ms, 12'000);
  EXPECT_GE(health.failed_settlements, 2);
  EXPECT_EQ(world.meter().admit(account, world.now()).remaining, seconds{3'588});
  world.mend_store();
  world.settle();
  EXPECT_THAT(world.runs(account), ElementsAre(Span{0, 12'000}));
  EXPECT_EQ(world.billed(account), 12'000);
  EXPECT_EQ(world.meter().admit(account, world.now()).remaining, seconds{3'588});
  EXPECT_EQ(world.meter().health(world.now()).unsettled_ms, 0);
}

TEST(ShutDown, SettlesStreamsAndRunsUpToNow) {
  TestWorld world;
  base::ManualExecutor loop;
  const auto account = world.account_with(hours{1});
  const auto stream = world.meter().open_stream(account, at_ms(0), loop, [](CutReason) {});
  world.go_to(42'500);
  const auto settled = base::block_on(world.meter().settle_all(world.now()));
  ASSERT_TRUE(settled.has_value());
  world.meter().close_stream(stream, at_ms(50'000));  // too late to count
  const auto runs = world.stored(account);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].billed, base::Millis{42'500});
  EXPECT_EQ(runs[0].ended, ledger::RunEnd::shutdown);
  EXPECT_EQ(world.meter().health(world.now()).unsettled_ms, 0);
}

// D16, D18: sessions grew without bound and their clean-up was never scheduled.
TEST(Memory, IdleAccountsLeaveItAndTheirRunsAreClosed) {
  TestWorld world;
  std::vector<base::AccountId> accounts;
  for (int i = 0; i < 50; ++i) {
    accounts.push_back(world.account_with(hours{1}));
    world.use(accounts.back(), 0, 1'000);
  }
  world.settle();
  EXPECT_EQ(world.meter().health(world.now()).accounts_live, 50);
  world.go_to(63'000);
  world.meter().tick(world.now());
  world.settle();
  world.go_to(3'600'000);
  world.meter().tick(world.now());
  EXPECT_EQ(world.meter().health(world.now()).accounts_live, 0);
  for (const auto account : accounts) {
    ASSERT_EQ(world.stored(account).size(), 1U);
    EXPECT_EQ(world.stored(account)[0].ended, ledger::RunEnd::idle);
  }
}

// D10: each worker had a clock of its own; here two meters stand for two processes.
TEST(TwoMeters, ThatSawTheSameUseBillItOnce) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.use(account, 0, 60'000);
  world.settle();
  world.restart();
  world.load(account);
  world.use(account, 30'000, 90'000);
  world.settle();
  EXPECT_EQ(world.billed(account), 90'000);
}

TEST(Health, CountsWhatIsNotSettledAndForHowLong) {
  TestWorld world;
  const auto account = world.account_with(hours{1});
  world.settle();
  world.use(account, 0, 4'000);
  auto health = world.meter().health(world.now());
  EXPECT_EQ(health.unsettled_ms, 4'000);
  EXPECT_EQ(health.settlement_lag_ms, 4'000);
  EXPECT_EQ(health.accounts_live, 1);
  world.settle();
  health = world.meter().health(world.now());
  EXPECT_EQ(health.unsettled_ms, 0);
  EXPECT_EQ(health.settlement_lag_ms, 0);
}

}  // namespace
}  // namespace metering
