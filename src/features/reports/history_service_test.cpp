#include <gtest/gtest.h>

#include <latch>

#include "features/reports/history_fixture.hpp"
#include "features/reports/history_service.hpp"

namespace reports {
namespace {

class HistoryServiceTest : public testing::Test {
 protected:
  UsageQuery everything(GroupBy group = GroupBy::day) {
    return {.account = account_,
            .group_by = group,
            .from = base::from_micros(0),
            .to = ledger_.clock.now() + std::chrono::hours{1}};
  }
  base::Result<UsageReport> usage(GroupBy group = GroupBy::day) {
    return base::block_on(service_.usage(everything(group)));
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("history.duckdb");
  ledger::LedgerFixture ledger_;
  base::AccountId account_ = ledger_.new_account();
  base::SimulatedTimers timers_{ledger_.clock};
  HistoryService service_{HistoryOptions{.path = path_, .max_waiting = 4}, ledger_.database(),
                          ledger_.clock, timers_, ledger_.log};
};

base::Task<void> ask(HistoryService& service, UsageQuery query, std::vector<std::string>& answers) {
  const auto report = co_await service.usage(std::move(query));
  answers.push_back(report ? "report" : report.error().reason);
}

TEST_F(HistoryServiceTest, AReportHasWhatHappenedAMomentAgo) {
  service_.start();
  settle_closed(ledger_, account_, 0, 10'000);
  service_.record({.account = account_, .route = "query"}, ledger_.clock.now(),
                  {.requests = 2, .bytes = 10});
  ledger_.clock.advance(std::chrono::seconds{2});
  const auto report = usage();
  ASSERT_TRUE(report.has_value()) << report.error().message << report.error().detail;
  ASSERT_EQ(report->rows.size(), 1U);
  EXPECT_EQ(report->rows[0].active, base::Millis{10'000});
  EXPECT_EQ(report->rows[0].runs, 1);
  EXPECT_EQ(report->rows[0].activity.requests, 2);
  EXPECT_EQ(report->as_of, ledger_.clock.now());
  EXPECT_TRUE(service_.health().ok);
}

TEST_F(HistoryServiceTest, ItLooksAgainByItself) {
  service_.start();
  ASSERT_TRUE(usage().has_value());
  settle_closed(ledger_, account_, 0, 10'000);
  timers_.advance(std::chrono::seconds{15});
  const auto now = ledger_.clock.now();
  while (service_.health().as_of != now) std::this_thread::yield();
  service_.stop();
  EXPECT_EQ(count_lines(runs_of_file(path_)), 1);
}

// Settling, recording and asking go on while the history's thread stands still.
TEST_F(HistoryServiceTest, AThreadThatStandsStillHoldsNobodyUp) {
  std::latch held{1};
  std::latch release{1};
  service_.lane().post([&] {
    held.count_down();
    release.wait();
  });
  held.wait();
  service_.start();
  const std::uint64_t before = ActivityTable::kMaxRows + 5'000;
  for (std::uint64_t number = 0; number < before; ++number)
    service_.record(
        {.account = base::AccountId{base::IdBits{number + 1, number}}, .route = "query"},
        ledger_.clock.now(), {.requests = 1});
  const auto dropped = service_.health().dropped;
  EXPECT_GE(dropped, 5'000U);
  EXPECT_LT(dropped, before);
  settle_closed(ledger_, account_, 0, 10'000);
  EXPECT_TRUE(ledger_.verify().ok);

  base::ManualExecutor executor;
  std::vector<std::string> answers;
  {
    const base::ExecutorScope scope(executor);
    for (int number = 0; number < 5; ++number) base::start(ask(service_, everything(), answers));
  }
  EXPECT_EQ(answers, (std::vector<std::string>{"overloaded", "overloaded"}));
  release.count_down();
  while (answers.size() < 5) executor.run_one();
  EXPECT_EQ(answers.back(), "report");
}

TEST_F(HistoryServiceTest, StoppingWritesWhatIsThere) {
  service_.start();
  service_.record({.account = account_, .route = "query"}, ledger_.clock.now(), {.requests = 2});
  settle_closed(ledger_, account_, 0, 10'000);
  service_.stop();
  EXPECT_EQ(count_lines(runs_of_file(path_)), 1);
  ActivityTable none;
  HistoryFollower again({.path = path_}, ledger_.database(), ledger_.clock, none);
  ASSERT_TRUE(again.look().has_value());
  const auto report = again.usage(everything(GroupBy::route));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->rows.at(0).activity.requests, 2);
}

}  // namespace
}  // namespace reports
