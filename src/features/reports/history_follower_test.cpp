#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <map>

#include "features/reports/history_fixture.hpp"

namespace reports {
namespace {

class HistoryFollowerTest : public testing::Test {
 protected:
  HistoryFollowerTest() { restart(); }
  void restart() {
    follower_.reset();
    follower_.emplace(HistoryOptions{.path = path_}, ledger_.database(), ledger_.clock, activity_);
  }
  void look() {
    const auto looked = follower_->look();
    ASSERT_TRUE(looked.has_value()) << looked.error().message << looked.error().detail;
  }
  std::string runs() {
    follower_.reset();
    auto text = runs_of_file(path_);
    restart();
    return text;
  }
  std::vector<UsageRow> report(GroupBy group, base::Instant from, base::Instant to,
                               std::string zone = "UTC") {
    const auto report = follower_->usage({.account = account_,
                                          .group_by = group,
                                          .from = from,
                                          .to = to,
                                          .timezone = std::move(zone)});
    EXPECT_TRUE(report.has_value()) << report.error().message << report.error().detail;
    return report ? report->rows : std::vector<UsageRow>{};
  }
  // Moves the clock to `days` after 1970 and gives the account time.
  void begin_at(std::int64_t days) {
    ledger_.clock.advance(base::from_micros(0) + std::chrono::hours{24 * days} -
                          ledger_.clock.now());
    ASSERT_TRUE(ledger_.issue(account_, 1'000'000'000).has_value());
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("history.duckdb");
  ledger::LedgerFixture ledger_;
  base::AccountId account_ = ledger_.new_account();
  ActivityTable activity_;
  std::optional<HistoryFollower> follower_;
};

TEST_F(HistoryFollowerTest, AClosedRunIsThereAndAnOpenOneIsNot) {
  settle_closed(ledger_, account_, 0, 10'000);
  (void)ledger_.settle(ledger_.snapshot(account_, 200'000, 210'000));
  look();
  const auto text = runs();
  EXPECT_EQ(count_lines(text), 1) << text;
  EXPECT_NE(text.find("|idle|0|10000|"), std::string::npos) << text;
}

TEST_F(HistoryFollowerTest, RunsThatWereJoinedLaterAreOneRun) {
  settle_closed(ledger_, account_, 0, 10'000);
  settle_closed(ledger_, account_, 100'000, 110'000);
  look();
  ASSERT_EQ(count_lines(runs()), 2);
  settle_closed(ledger_, account_, 20'000, 95'000);
  look();
  const auto text = runs();
  EXPECT_EQ(count_lines(text), 1) << text;
  EXPECT_NE(text.find("|1970-01-01 00:00:00|1970-01-01 00:01:50|"), std::string::npos) << text;
}

TEST_F(HistoryFollowerTest, RebuiltRunsAreTheRunsThatWereFollowed) {
  base::SeededRandom random{7};
  std::vector<base::AccountId> accounts;
  for (int number = 0; number < 6; ++number) accounts.push_back(ledger_.new_account());
  for (int step = 0; step < 60; ++step) {
    const auto start = static_cast<std::int64_t>(random.next_u64() % 900'000);
    auto snapshot = ledger_.snapshot(accounts[random.next_u64() % 6], start, start + 1'000);
    if (random.next_u64() % 4 != 0) snapshot.ended = ledger::RunEnd::signed_out;
    (void)ledger_.settle(snapshot);
    if (step % 7 == 0) look();
  }
  look();
  const auto followed = runs();
  std::int64_t closed = 0;
  for (const auto account : accounts)
    for (const auto& run : ledger_.runs(account)) closed += run.ended.has_value() ? 1 : 0;
  EXPECT_EQ(count_lines(followed), closed);
  EXPECT_GT(closed, 6);
  ASSERT_TRUE(follower_->rebuild().has_value());
  EXPECT_EQ(runs(), followed);
}

TEST_F(HistoryFollowerTest, AfterARestartItGoesOnWhereItWas) {
  settle_closed(ledger_, account_, 0, 10'000);
  look();
  restart();
  settle_closed(ledger_, account_, 200'000, 210'000);
  look();
  EXPECT_EQ(count_lines(runs()), 2);
}

TEST_F(HistoryFollowerTest, AnotherJournalIsFollowedFromItsBeginning) {
  settle_closed(ledger_, account_, 0, 10'000);
  look();
  ledger::LedgerFixture restored;
  const auto other = base::AccountId{base::IdBits{9, 9}};
  settle_closed(restored, other, 0, 20'000);
  follower_.reset();
  follower_.emplace(HistoryOptions{.path = path_}, restored.database(), restored.clock, activity_);
  look();
  follower_.reset();
  const auto text = runs_of_file(path_);
  EXPECT_EQ(count_lines(text), 1) << text;
  EXPECT_TRUE(text.starts_with(other.text())) << text;
}

TEST_F(HistoryFollowerTest, DaysOfAZoneAddUpToTheRunsAcrossTheChangeOfClocks) {
  // 31 March 2024 in Warsaw had 23 hours: 2024-03-30T23:00Z to 2024-03-31T22:00Z.
  begin_at(19'812);  // 2024-03-30
  const auto base_ms = base::to_unix_ms(ledger_.clock.now());
  ledger_.clock.advance(std::chrono::hours{72});
  settle_closed(ledger_, account_, base_ms + 22 * 3'600'000, base_ms + 47 * 3'600'000 + 1);
  look();
  const auto from = ledger::at_ms(base_ms);
  const auto days = report(GroupBy::day, from, from + std::chrono::hours{60}, "Europe/Warsaw");
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(days[1].from, from + std::chrono::hours{23});
  EXPECT_EQ(days[1].to - days[1].from, std::chrono::hours{23});
  EXPECT_EQ(days[0].active, std::chrono::hours{1});
  EXPECT_EQ(days[1].active, std::chrono::hours{23});
  EXPECT_EQ(days[2].active, base::Millis{3'600'001});
  EXPECT_EQ(days[0].runs, 1);
  EXPECT_EQ(days[1].runs + days[2].runs, 0);
  base::Millis by_hour{};
  for (const auto& hour : report(GroupBy::hour, from, from + std::chrono::hours{60}))
    by_hour += hour.active;
  EXPECT_EQ(by_hour, base::Millis{25 * 3'600'000 + 1});
}

TEST_F(HistoryFollowerTest, AZoneThatDoesNotExistIsRefused) {
  look();
  const auto refused = follower_->usage({.account = account_,
                                         .from = base::from_micros(0),
                                         .to = base::from_micros(1'000'000),
                                         .timezone = "Mars/Olympus"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::invalid);
}

TEST_F(HistoryFollowerTest, ActivityIsSummedPerPeriodAndRoute) {
  const ActivityCounts one{.requests = 1, .errors = 0, .bytes = 100, .query_time = base::Micros{5}};
  const ActivityCounts bad{.requests = 1, .errors = 1, .bytes = 10, .query_time = {}};
  for (int look_number = 0; look_number < 2; ++look_number) {
    activity_.add({.account = account_, .route = "query"}, ledger::at_ms(60'000), one);
    activity_.add({.account = account_, .route = "query"}, ledger::at_ms(119'999), bad);
    activity_.add({.account = account_, .route = "datasets"}, ledger::at_ms(3'600'000), one);
    activity_.add({.account = base::AccountId{base::IdBits{1, 2}}, .route = "query"},
                  ledger::at_ms(60'000), one);
    look();
  }
  const auto to = ledger::at_ms(7'200'000);
  const auto routes = report(GroupBy::route, {}, to);
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[1].group, "query");
  EXPECT_EQ(routes[1].activity, (ActivityCounts{4, 2, 220, base::Micros{10}}));
  const auto hours = report(GroupBy::hour, {}, to);
  ASSERT_EQ(hours.size(), 2U);
  EXPECT_EQ(hours[0].activity.requests, 4);
  EXPECT_EQ(hours[1].activity.bytes, 200);
}

TEST_F(HistoryFollowerTest, ActivityIsSummedPerPlanAndKeyAndOutlivesARebuild) {
  const base::KeyId key{base::IdBits{5, 5}};
  const auto at = ledger::at_ms(60'000);
  activity_.add({.account = account_, .route = "query", .plan = "payg"}, at, {.requests = 1});
  activity_.add({.account = account_, .route = "bars", .plan = "payg", .key = key}, at,
                {.requests = 2});
  activity_.add({.account = account_, .route = "bars", .plan = "team", .key = key}, at,
                {.requests = 4});
  look();
  const auto to = ledger::at_ms(7'200'000);
  const auto requests = [&](GroupBy group) {
    std::map<std::string, std::int64_t> said;
    for (const auto& row : report(group, {}, to)) said[row.group] = row.activity.requests;
    return said;
  };
  const std::map<std::string, std::int64_t> plans{{"payg", 3}, {"team", 4}};
  const std::map<std::string, std::int64_t> keys{{"", 1}, {key.text(), 6}};
  EXPECT_EQ(requests(GroupBy::plan), plans);
  EXPECT_EQ(requests(GroupBy::key), keys);
  ASSERT_TRUE(follower_->rebuild().has_value());
  EXPECT_EQ(requests(GroupBy::plan), plans);
  EXPECT_EQ(requests(GroupBy::key), keys);
}

TEST_F(HistoryFollowerTest, AFileFromBeforePlansAndKeysGoesOn) {
  {
    auto database = duck::Database::open(path_, duck::Access::read_write, {}).value();
    auto connection = duck::Connection::open(database).value();
    ASSERT_TRUE(connection
                    .run("CREATE TABLE activity(account VARCHAR, minute TIMESTAMP, route VARCHAR, "
                         "requests BIGINT, errors BIGINT, bytes BIGINT, query_us BIGINT);"
                         "INSERT INTO activity VALUES ('" +
                         account_.text() + "', make_timestamp(60000000), 'query', 9, 0, 0, 0)")
                    .has_value());
  }
  activity_.add({.account = account_, .route = "query", .plan = "payg"}, ledger::at_ms(60'000),
                {.requests = 1});
  look();
  const auto plans = report(GroupBy::plan, {}, ledger::at_ms(7'200'000));
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].group, "");
  EXPECT_EQ(plans[0].activity.requests, 9);
  EXPECT_EQ(plans[1].group, "payg");
  restart();
  look();
  EXPECT_EQ(report(GroupBy::plan, {}, ledger::at_ms(7'200'000)).size(), 2U);
}

TEST_F(HistoryFollowerTest, WhatIsOlderThanTheRetentionIsForgotten) {
  begin_at(1'000);
  settle_closed(ledger_, account_, 86'400'000LL * 200, 86'400'000LL * 200 + 5'000);
  settle_closed(ledger_, account_, 86'400'000LL * 900, 86'400'000LL * 900 + 5'000);
  look();
  const auto kept = runs();
  EXPECT_EQ(count_lines(kept), 1) << kept;
  ASSERT_TRUE(follower_->rebuild().has_value());
  EXPECT_EQ(runs(), kept);
}

// D59: a history file that could not be opened switched metering off.
TEST_F(HistoryFollowerTest, WithoutAFileTheLedgerGoesOnAndHistoryCatchesUp) {
  std::filesystem::create_directory(path_);
  activity_.add({.account = account_, .route = "query"}, ledger_.clock.now(), {.requests = 3});
  EXPECT_FALSE(follower_->look().has_value());
  EXPECT_EQ(
      follower_->usage({.account = account_, .from = {}, .to = ledger_.clock.now()}).error().reason,
      "history_unavailable");
  settle_closed(ledger_, account_, 0, 10'000);
  EXPECT_TRUE(ledger_.verify().ok);
  std::filesystem::remove(path_);
  look();
  EXPECT_EQ(activity_.dropped(), 0U);
  EXPECT_EQ(report(GroupBy::route, {}, ledger_.clock.now() + std::chrono::hours{1})
                .at(0)
                .activity.requests,
            3);
  EXPECT_EQ(count_lines(runs()), 1);
}

// No file of this process may grow beyond `bytes`, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(HistoryFollowerTest, AFullDiskCostsActivityNotMoney) {
  look();
  constexpr std::int64_t kRows = 50'000;
  for (std::int64_t minute = 0; minute < kRows; ++minute)
    activity_.add({.account = base::AccountId{base::IdBits{1, static_cast<std::uint64_t>(minute)}},
                   .route = "query"},
                  ledger_.clock.now(), {.requests = 1});
  {
    const FullDisk full(2'000'000);
    EXPECT_FALSE(follower_->look().has_value());
    settle_closed(ledger_, account_, 0, 10'000);
  }
  EXPECT_TRUE(ledger_.verify().ok);
  EXPECT_EQ(activity_.dropped(), static_cast<std::uint64_t>(kRows));
  look();
  EXPECT_EQ(count_lines(runs()), 1);
}

TEST_F(HistoryFollowerTest, AFileThatIsNoDatabaseIsSetAsideByARebuild) {
  settle_closed(ledger_, account_, 0, 10'000);
  std::ofstream(path_) << std::string(40'000, 'x');
  EXPECT_FALSE(follower_->look().has_value());
  ASSERT_TRUE(follower_->rebuild().has_value());
  EXPECT_TRUE(std::filesystem::exists(path_ + ".unreadable"));
  EXPECT_EQ(count_lines(runs()), 1);
}

}  // namespace
}  // namespace reports
