// The three routes, with the real service and ledger behind them.
#include "features/metering/metering_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/json.hpp"
#include "features/metering/test_world.hpp"

namespace metering {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Reads an event stream on its own executor, as a connection does.
class Reader {
 public:
  explicit Reader(std::unique_ptr<http::BodySource> source) : source_(std::move(source)) {
    const base::ExecutorScope scope(loop_);
    base::start(pull(*source_, text_, ended_));
  }
  ~Reader() {
    source_->closed();
    loop_.run_ready();
  }
  // What arrived since the last call.
  std::string take() {
    while (loop_.run_ready()) {
    }
    return std::exchange(text_, {});
  }

 private:
  static base::Task<void> pull(http::BodySource& source, std::string& text, bool& ended) {
    while (true) {
      const auto piece = co_await source.next();
      if (!piece) break;
      text.append(*piece);
    }
    ended = true;
  }
  base::ManualExecutor loop_;
  std::unique_ptr<http::BodySource> source_;
  std::string text_;
  bool ended_ = false;
};

class MeteringApi : public testing::Test {
 protected:
  MeteringApi() {
    add_routes(router_, world_.meter(), world_.ledger(), timers_, world_.clock());
    router_.compile();
  }
  base::Result<void> call(http::Method method, std::string_view path, base::AccountId account) {
    exchange_ = std::make_unique<http::Exchange>();
    exchange_->request.arrived = world_.now();
    exchange_->caller.account = account;
    exchange_->caller.credential = http::Credential::cookie;
    std::vector<std::string> values;
    const auto match = router_.find(method, path, values);
    EXPECT_NE(match.route, nullptr);
    if (const auto* plain = std::get_if<http::PlainHandler>(&match.route->handler))
      return beat(*match.route, *plain);
    EXPECT_FALSE(match.route->policy.metered);
    return base::block_on(std::get<http::AsyncHandler>(match.route->handler)(*exchange_));
  }
  // As the pipeline surrounds it.
  base::Result<void> beat(const http::Route& route, const http::PlainHandler& handler) {
    EXPECT_TRUE(route.policy.metered && route.policy.beat);
    const auto account = exchange_->caller.account;
    const auto admission = world_.meter().admit(account, world_.now());
    if (!admission.admitted()) return std::unexpected(admission_error(admission.verdict));
    exchange_->notes.remaining_ms = admission.remaining.count();
    auto answer = handler(*exchange_);
    world_.meter().record_beat(account, exchange_->request.arrived);
    return answer;
  }
  boost::json::object body() const {
    return boost::json::parse(exchange_->response.body).as_object();
  }
  std::unique_ptr<Reader> open_stream(base::AccountId account) {
    EXPECT_TRUE(call(http::Method::get, "/v1/balance/stream", account).has_value());
    EXPECT_EQ(exchange_->response.content_type, "text/event-stream");
    return std::make_unique<Reader>(std::move(exchange_->response.stream));
  }

  TestWorld world_;
  base::SimulatedTimers timers_{world_.clock()};
  http::Router router_;
  std::unique_ptr<http::Exchange> exchange_;
};

TEST_F(MeteringApi, BalanceTellsWhatIsLeftAndWhereItComesFrom) {
  const auto account = world_.new_account();
  world_.grant(account, hours{10});
  ASSERT_TRUE(call(http::Method::get, "/v1/balance", account).has_value());
  EXPECT_EQ(body().at("remaining_seconds").as_int64(), 36'000);
  EXPECT_THAT(exchange_->response.body, HasSubstr("\"remaining_hours\":10.0000"));
  EXPECT_EQ(body().at("rate").as_int64(), 0);
  EXPECT_EQ(body().at("state").as_string(), "active");
  EXPECT_TRUE(body().at("exhausts_at").is_null());
  const auto answer = body();
  const auto& grant = answer.at("grants").as_array().at(0).as_object();
  EXPECT_EQ(grant.at("total_ms").as_int64(), 36'000'000);
  EXPECT_EQ(grant.at("kind").as_string(), "purchase");
}

TEST_F(MeteringApi, RemainingIsRoundedDownEverywhere) {
  const auto account = world_.account_with(base::Millis{7'199'999});
  ASSERT_TRUE(call(http::Method::get, "/v1/balance", account).has_value());
  EXPECT_EQ(body().at("remaining_seconds").as_int64(), 7'199);
  EXPECT_THAT(exchange_->response.body, HasSubstr("\"remaining_hours\":1.9999"));
}

TEST_F(MeteringApi, ABeatIsAcceptedAndBurns) {
  const auto account = world_.account_with(hours{1});
  ASSERT_TRUE(call(http::Method::post, "/v1/beats", account).has_value());
  EXPECT_EQ(exchange_->response.status, 202);
  EXPECT_EQ(body().at("remaining_seconds").as_int64(), 3'600);
  ASSERT_TRUE(call(http::Method::get, "/v1/balance", account).has_value());
  EXPECT_EQ(body().at("rate").as_int64(), 1);
  EXPECT_EQ(body().at("remaining_ms").as_int64(), 3'599'000);
  EXPECT_EQ(body().at("as_of").as_string(), base::format_rfc3339(at_ms(1'000)));
  EXPECT_EQ(body().at("exhausts_at").as_string(), base::format_rfc3339(at_ms(3'600'000)));
}

// D23: the code for "no hours left" never appeared.
TEST_F(MeteringApi, ABeatAtZeroIsAskedToPay) {
  const auto account = world_.account_with(seconds{1});
  ASSERT_TRUE(call(http::Method::post, "/v1/beats", account).has_value());
  const auto refused = call(http::Method::post, "/v1/beats", account);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::payment_required);
  EXPECT_EQ(refused.error().reason, "hours_exhausted");
  ASSERT_EQ(refused.error().members.size(), 2U);
  EXPECT_EQ(refused.error().members[1].name, "checkout_url");
  ASSERT_TRUE(call(http::Method::get, "/v1/balance", account).has_value());
  EXPECT_EQ(body().at("state").as_string(), "exhausted");
}

TEST_F(MeteringApi, TheStreamTellsChangesAndNothingThatThePageKnows) {
  const auto account = world_.account_with(hours{1});
  const auto first = open_stream(account);
  const auto second = open_stream(account);
  const auto opening = first->take();
  EXPECT_THAT(opening, HasSubstr("event: balance"));
  EXPECT_THAT(opening, HasSubstr("\"rate\":0"));
  EXPECT_THAT(second->take(), HasSubstr("\"remaining_ms\":3600000"));

  for (int beat = 0; beat < 4; ++beat) {  // one switch to burning, then a foreseeable countdown
    world_.meter().record_beat(account, world_.now());
    world_.meter().tick(world_.now());
    world_.settle();
    world_.meter().tick(world_.now());
    const auto told = first->take();
    if (beat == 0)
      EXPECT_THAT(told, HasSubstr("\"rate\":1"));
    else
      EXPECT_THAT(told, IsEmpty());
    world_.go_to((beat + 1) * 20'000);
  }
  world_.go_to(60'000 + 25'000);  // no beat for too long: standing still at what was proven
  world_.meter().tick(world_.now());
  const auto idle = first->take();
  EXPECT_THAT(idle, HasSubstr("\"rate\":0"));
  EXPECT_THAT(idle, HasSubstr("\"remaining_ms\":3539000"));
  world_.grant(account, hours{1});
  world_.meter().tick(world_.now());
  EXPECT_THAT(first->take(), HasSubstr("\"remaining_ms\":7139000"));
  EXPECT_THAT(second->take(), HasSubstr("\"remaining_ms\":7139000"));
}

TEST_F(MeteringApi, TheStreamTellsWhenTheTimeIsUsedUp) {
  base::ManualExecutor loop;
  const auto account = world_.account_with(seconds{3});
  const auto reader = open_stream(account);
  const auto work = world_.meter().open_stream(account, at_ms(0), loop, [](CutReason) {});
  world_.meter().tick(world_.now());
  EXPECT_THAT(reader->take(), HasSubstr("\"rate\":1"));
  world_.go_to(2'999);
  world_.meter().tick(world_.now());
  EXPECT_THAT(reader->take(), Not(HasSubstr("exhausted")));
  world_.go_to(3'000);
  world_.meter().tick(world_.now());
  EXPECT_THAT(reader->take(), HasSubstr("\"state\":\"exhausted\""));
  world_.meter().close_stream(work, world_.now());
}

}  // namespace
}  // namespace metering
