#include "features/reports/activity.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace reports {
namespace {

const base::Instant kNoon = base::from_micros(1'767'268'800'000'000);

TEST(ActivityTable, ThreadsAddUpToOneRowAMinute) {
  ActivityTable table;
  const base::AccountId account{base::IdBits{1, 2}};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int number = 0; number < 1'000; ++number)
        table.add({.account = account, .route = "query"}, kNoon + std::chrono::seconds{number % 60},
                  {.requests = 1, .errors = 0, .bytes = 2, .query_time = base::Micros{3}});
    });
  for (auto& thread : threads) thread.join();
  const auto rows = table.take();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].minute, kNoon);
  EXPECT_EQ(rows[0].counts, (ActivityCounts{4'000, 0, 8'000, base::Micros{12'000}}));
  EXPECT_TRUE(table.take().empty());
}

TEST(ActivityTable, RoutesPlansAndKeysAreCountedApart) {
  ActivityTable table;
  const base::AccountId account{base::IdBits{1, 2}};
  const ActivitySource by_page{.account = account, .route = "query", .plan = "payg"};
  const ActivitySource by_key{
      .account = account, .route = "query", .plan = "payg", .key = base::KeyId{base::IdBits{7, 7}}};
  const ActivitySource other_plan{.account = account, .route = "query", .plan = "team"};
  for (const auto& source : {by_page, by_key, other_plan, by_key})
    table.add(source, kNoon, {.requests = 1});
  std::int64_t by_keys = 0;
  const auto rows = table.take();
  for (const auto& row : rows)
    if (row.source == by_key) by_keys += row.counts.requests;
  EXPECT_EQ(rows.size(), 3U);
  EXPECT_EQ(by_keys, 2);
}

TEST(ActivityTable, WhatDoesNotFitIsCounted) {
  ActivityTable table(32);
  for (std::uint64_t number = 1; number <= 1'000; ++number)
    table.add({.account = base::AccountId{base::IdBits{number, number}}, .route = "query"}, kNoon,
              {.requests = 1});
  const auto rows = table.take();
  EXPECT_LE(rows.size(), 32U);
  EXPECT_EQ(rows.size() + table.dropped(), 1'000U);
}

}  // namespace
}  // namespace reports
