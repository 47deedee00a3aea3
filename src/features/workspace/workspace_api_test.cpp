#include "features/workspace/workspace_api.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "features/workspace/workspace_fixture.hpp"

namespace workspace {
namespace {

using http::Method;

// One request through the compiled routes, as the server would run it.
class WorkspaceApiTest : public WorkspaceTest {
 protected:
  struct Outcome {
    int status = 0;
    std::string reason;
    std::string body;
    std::vector<base::FieldError> fields;
  };

  WorkspaceApiTest() {
    add_routes(router_, service(), timers_, clock_);
    router_.compile();
  }

  Outcome send(Method method, std::string_view target, std::string_view body = {},
               std::vector<http::HeaderView> headers = {}) {
    http::Exchange exchange;
    MemoryBody upload({std::string{body}});
    auto& request = exchange.request;
    request.method = method;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    request.query = target.substr(std::min(target.size(), request.path.size() + 1));
    request.body = body;
    request.headers = headers;
    exchange.caller = caller_;
    exchange.body_reader = &upload;
    std::vector<std::string> values;
    const auto match = router_.find(method, request.path, values);
    RL_CHECK(match.route != nullptr, "a route");
    exchange.route = match.route;
    exchange.path_values = values;
    policy_ = match.route->policy;
    const auto result = run(exchange);
    if (!result) return {0, result.error().reason, {}, result.error().fields};
    auto text = exchange.response.stream ? base::block_on(read_stream(*exchange.response.stream))
                                         : exchange.response.body;
    return {exchange.response.status, "", std::move(text), {}};
  }

  static base::Result<void> run(http::Exchange& exchange) {
    if (const auto* plain = std::get_if<http::PlainHandler>(&exchange.route->handler))
      return (*plain)(exchange);
    return base::block_on(std::get<http::AsyncHandler>(exchange.route->handler)(exchange));
  }

  http::Router router_;
  http::RoutePolicy policy_;
  http::Caller caller_ = [this] {
    http::Caller caller;
    caller.credential = http::Credential::bearer;
    caller.account = base::AccountId::make(clock_.now(), random_);
    return caller;
  }();
};

TEST_F(WorkspaceApiTest, EveryRouteNeedsASignIn) {
  // D29: routes were open unless listed.
  for (const auto& route : router_.routes())
    EXPECT_EQ(route.policy.access, http::Access::signed_in) << route.pattern;
}

TEST_F(WorkspaceApiTest, WorkIsMeteredAndLookingOrStoppingIsNot) {
  std::vector<std::string> metered;
  for (const auto& route : router_.routes())
    if (route.policy.metered) metered.push_back(route.pattern);
  const std::vector<std::string> expected{"/v1/datasets/{name}", "/v1/datasets/{name}/rows",
                                          "/v1/symbols", "/v1/bars/{symbol}", "/v1/query"};
  EXPECT_EQ(metered, expected);
}

TEST_F(WorkspaceApiTest, AFileIsAcceptedAsAJob) {
  const auto answer =
      send(Method::put, "/v1/datasets/prices?filename=a.csv&policy=append", "a,b\n");
  EXPECT_EQ(answer.status, 202);
  const auto body = boost::json::parse(answer.body);
  EXPECT_TRUE(base::JobId::parse(body.at_pointer("/job/id").as_string()).has_value());
  EXPECT_EQ(body.at_pointer("/dataset/name").as_string(), "prices");
}

TEST_F(WorkspaceApiTest, WhoPrefersToWaitGetsTheReportOrTheRefusal) {
  const std::vector<http::HeaderView> wait{{"Prefer", "wait"}};
  const auto good = send(Method::put, "/v1/datasets/prices?filename=a.csv", "a,b\n", wait);
  EXPECT_TRUE(good.status == 200 || good.status == 202) << good.status;
  if (good.status == 200) EXPECT_NE(good.body.find(R"("rows_kept":3)"), std::string::npos);
  const auto bad = send(Method::put, "/v1/datasets/prices?filename=bad.csv", "a,b\n", wait);
  EXPECT_TRUE(bad.reason == "not_price_data" || bad.status == 202) << bad.reason;
}

TEST_F(WorkspaceApiTest, EveryMistakeOfAnImportIsNamedAtOnce) {
  const auto answer =
      send(Method::put, "/v1/datasets/..?policy=burn&decimal=x&date_order=q&timezone=a%20b", "x");
  EXPECT_EQ(answer.reason, "invalid_request");
  std::vector<std::string> names;
  for (const auto& field : answer.fields) names.push_back(field.name);
  const std::vector<std::string> expected{"policy", "timezone", "date_order", "decimal", "name"};
  EXPECT_EQ(names, expected);
}

TEST_F(WorkspaceApiTest, DatasetsAreListedInPages) {
  for (const auto* name : {"b", "c", "a"})
    finished({.account = caller_.account, .plan = 0},
             import({.account = caller_.account, .plan = 0}, "x.csv", name)->id);
  const auto first = boost::json::parse(send(Method::get, "/v1/datasets?limit=2").body);
  EXPECT_EQ(first.at("data").as_array().size(), 2U);
  EXPECT_EQ(first.at_pointer("/data/0/name").as_string(), "a");
  EXPECT_EQ(first.at("next_cursor").as_string(), "b");
  const auto second = boost::json::parse(send(Method::get, "/v1/datasets?cursor=b").body);
  EXPECT_EQ(second.at_pointer("/data/0/name").as_string(), "c");
  EXPECT_TRUE(second.at("next_cursor").is_null());
}

TEST_F(WorkspaceApiTest, RowsTakeTheCursorOfThePageBefore) {
  const auto answer = send(Method::get, "/v1/datasets/prices/rows?limit=10&cursor=20");
  EXPECT_EQ(answer.body, R"({"columns":[],"data":[[1]],"next_cursor":null})");
  EXPECT_EQ(send(Method::get, "/v1/datasets/prices/rows?cursor=-5").reason, "invalid_request");
}

TEST_F(WorkspaceApiTest, AWorkspaceWithoutDatasetsHasNoSymbols) {
  EXPECT_EQ(send(Method::get, "/v1/symbols?query=a").body, R"({"data":[],"next_cursor":null})");
}

// D54: a filter of 0 was skipped, a bad one ignored.
TEST_F(WorkspaceApiTest, ABadParameterIsRefusedNotIgnored) {
  for (const auto* target :
       {"/v1/datasets/prices/rows?limit=0", "/v1/datasets/prices/rows?order=price",
        "/v1/datasets/prices/rows?from=yesterday", "/v1/bars/AAPL?interval=0d",
        "/v1/bars/AAPL?interval=banana", "/v1/bars/AAPL?limit=100001", "/v1/bars/AAPL?format=xls",
        "/v1/symbols?limit=x", "/v1/symbols?dataset=..", "/v1/jobs?cursor=zzz"})
    EXPECT_EQ(send(Method::get, target).reason, "invalid_request") << target;
}

TEST_F(WorkspaceApiTest, BarsArriveAsTheWorkerWroteThem) {
  const auto answer = send(Method::get, "/v1/bars/BRK.B?interval=15m&from=2024-01-01");
  const auto echoed = boost::json::parse(answer.body);
  EXPECT_EQ(echoed.at("symbol").as_string(), "BRK.B");
  EXPECT_EQ(echoed.at("interval").as_string(), "15m");
  EXPECT_EQ(echoed.at("limit").as_int64(), 5'000);
}

TEST_F(WorkspaceApiTest, AQueryAnswersAndItsMistakesAreFields) {
  const auto good = send(Method::post, "/v1/query", R"({"sql":"5","parameters":[1,"x",null]})");
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, "ddddd");
  for (const auto* body : {R"({})", R"({"sql":""})", R"({"sql":"1","parameters":{}})",
                           R"({"sql":"1","parameters":[[1]]})", R"({"sql":"1","max_rows":0})",
                           R"({"sql":"1","format":"parquet"})", R"({"sql":"1","id":"mine"})",
                           R"({"sql":"1","unknown":1})"})
    EXPECT_EQ(send(Method::post, "/v1/query", body).reason, "invalid_request") << body;
  EXPECT_EQ(send(Method::post, "/v1/query", "{").reason, "malformed");
}

TEST_F(WorkspaceApiTest, JobsAreShownListedAndCancelled) {
  const auto job = import({.account = caller_.account, .plan = 0}, "wait.csv");
  const auto path = "/v1/jobs/" + job->id.text();
  EXPECT_EQ(boost::json::parse(send(Method::get, path).body).at("kind").as_string(), "import");
  const auto list = boost::json::parse(send(Method::get, "/v1/jobs").body);
  EXPECT_EQ(list.at_pointer("/data/0/id").as_string(), job->id.text());
  EXPECT_EQ(send(Method::del, path).status, 202);
  EXPECT_EQ(finished({.account = caller_.account, .plan = 0}, job->id).state, JobState::cancelled);
  EXPECT_EQ(send(Method::del, path).reason, "conflict");
  EXPECT_EQ(send(Method::get, "/v1/jobs/nonsense").reason, "not_found");
  EXPECT_EQ(send(Method::del, "/v1/query/nonsense").reason, "not_found");
}

}  // namespace
}  // namespace workspace
