#include "features/reports/reports_api.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "features/reports/history_fixture.hpp"

namespace reports {
namespace {

class ReportsApiTest : public testing::Test {
 protected:
  ReportsApiTest() {
    service_.start();
    add_routes(router_, service_);
    router_.compile();
  }
  base::Result<void> get(std::string_view query) {
    exchange_ = http::Exchange{};
    exchange_.request.arrived = ledger_.clock.now();
    exchange_.request.query = query;
    exchange_.caller.account = account_;
    std::vector<std::string> values;
    const auto match = router_.find(http::Method::get, "/v1/usage", values);
    return base::block_on(std::get<http::AsyncHandler>(match.route->handler)(exchange_));
  }
  std::string wrong_field(std::string_view query) {
    const auto refused = get(query);
    if (refused || refused.error().code != base::ErrorCode::invalid) return "none";
    return refused.error().fields.empty() ? "no field" : refused.error().fields[0].name;
  }

  TemporaryFolder folder_;
  ledger::LedgerFixture ledger_;
  base::AccountId account_ = ledger_.new_account();
  base::SimulatedTimers timers_{ledger_.clock};
  HistoryService service_{HistoryOptions{.path = folder_.file("history.duckdb")},
                          ledger_.database(), ledger_.clock, timers_, ledger_.log};
  http::Router router_;
  http::Exchange exchange_;
};

TEST_F(ReportsApiTest, DaysHaveTimeRunsAndActivity) {
  settle_closed(ledger_, account_, 100'000, 160'000);
  service_.record({.account = account_, .route = "query"}, ledger_.clock.now(),
                  {.requests = 2, .errors = 1, .bytes = 30, .query_time = base::Micros{5'500}});
  ledger_.clock.advance(std::chrono::minutes{1});
  ASSERT_TRUE(get("from=1970-01-01&tz=UTC").has_value());
  const auto answer = boost::json::parse(exchange_.response.body);
  EXPECT_EQ(answer.at("group_by").as_string(), "day");
  EXPECT_EQ(answer.at("as_of").as_string(), base::format_rfc3339(ledger_.clock.now()));
  const auto& day = answer.at_pointer("/data/0");
  EXPECT_EQ(day.at("from").as_string(), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(day.at("active_ms").as_int64(), 60'000);
  EXPECT_EQ(day.at("runs").as_int64(), 1);
  EXPECT_EQ(day.at("requests").as_int64(), 2);
  EXPECT_EQ(day.at("errors").as_int64(), 1);
  EXPECT_EQ(day.at("query_ms").as_int64(), 5);
  ASSERT_TRUE(get("from=1970-01-01&group_by=route").has_value());
  const auto routes = boost::json::parse(exchange_.response.body);
  EXPECT_EQ(routes.at_pointer("/data/0/route").as_string(), "query");
  EXPECT_FALSE(routes.at_pointer("/data/0").as_object().contains("active_ms"));
  ASSERT_TRUE(get("from=1970-01-01&group_by=key").has_value());
  const auto keys = boost::json::parse(exchange_.response.body);
  EXPECT_TRUE(keys.at_pointer("/data/0/key").is_null());
}

TEST_F(ReportsApiTest, WhatCannotBeAskedIsNamed) {
  EXPECT_EQ(wrong_field("group_by=week"), "group_by");
  EXPECT_EQ(wrong_field("from=yesterday"), "from");
  EXPECT_EQ(wrong_field("from=1970-01-02&to=1970-01-01"), "from");
  EXPECT_EQ(wrong_field("from=1960-01-01"), "from");
  EXPECT_EQ(wrong_field("from=1969-10-01&group_by=hour"), "from");
  EXPECT_EQ(wrong_field("tz=Mars/Olympus"), "tz");
  EXPECT_EQ(wrong_field("tz="), "tz");
}

TEST(RouteKind, IsTheWordAfterTheVersionOrThePrefixOfAnApplication) {
  EXPECT_EQ(route_kind("/v1/query"), "query");
  EXPECT_EQ(route_kind("/v1/datasets/{name}/rows"), "datasets");
  EXPECT_EQ(route_kind("/v1/authz/{path...}"), "authz");
  EXPECT_EQ(route_kind("/app/{rest...}"), "/app/");
  EXPECT_EQ(route_kind("/{rest...}"), "/");
  EXPECT_EQ(route_kind("/health"), "");
  EXPECT_EQ(route_kind("/"), "");
}

}  // namespace
}  // namespace reports
