// Which calls the key set's URL gets, and who gets in meanwhile.
#include "features/identity/jwks_source.hpp"

#include <deque>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"
#include "features/identity/identity_fixture.hpp"

namespace identity {
namespace {

namespace json = boost::json;
using std::chrono::minutes;
using std::chrono::seconds;

const base::Instant kStart = base::from_micros(1'795'341'600'000'000);

TEST(JwksSchedule, ASetServesTenMinutesAndIsRenewedAheadOfThat) {
  JwksSchedule schedule;
  EXPECT_TRUE(schedule.must_fetch(kStart, false));
  schedule.started(kStart);
  schedule.succeeded(kStart);
  EXPECT_FALSE(schedule.must_fetch(kStart + minutes{9}, true));
  EXPECT_FALSE(schedule.should_fetch(kStart + minutes{4}));
  EXPECT_TRUE(schedule.should_fetch(kStart + minutes{5}));
  EXPECT_TRUE(schedule.must_fetch(kStart + minutes{10}, true));
}

TEST(JwksSchedule, AnUnknownNameFetchesAtMostTwiceAMinute) {
  JwksSchedule schedule;
  schedule.started(kStart);
  schedule.succeeded(kStart);
  EXPECT_FALSE(schedule.must_fetch(kStart + seconds{29}, false));
  EXPECT_TRUE(schedule.must_fetch(kStart + seconds{30}, false));
}

TEST(JwksSchedule, AfterFailuresThePauseDoublesUpToTenMinutes) {
  JwksSchedule schedule;
  auto now = kStart;
  for (const int pause : {30, 60, 120, 240, 480, 600, 600}) {
    schedule.started(now);
    schedule.failed();
    EXPECT_FALSE(schedule.must_fetch(now + seconds{pause - 1}, false)) << pause;
    EXPECT_TRUE(schedule.must_fetch(now + seconds{pause}, false)) << pause;
    now += seconds{pause};
  }
}

TEST(JwksSchedule, TheLastGoodSetServesAnHour) {
  JwksSchedule schedule;
  EXPECT_FALSE(schedule.usable(kStart));
  schedule.started(kStart);
  schedule.succeeded(kStart);
  schedule.started(kStart + minutes{10});
  schedule.failed();
  EXPECT_TRUE(schedule.usable(kStart + minutes{59}));
  EXPECT_FALSE(schedule.usable(kStart + minutes{60}));
}

class KeySource : public testing::Test, public IdentityFixture {
 protected:
  KeySource() {
    std::ifstream file(RL_SOURCE_DIR "/tests/data/identity/key_sets.json");
    std::stringstream text;
    text << file.rdbuf();
    data_ = base::parse_json_object(text.str()).value();
    set_ = json::serialize(data_.at("set"));
    options.external.issuer = std::string(data_.at("issuer").as_string());
    options.external.jwks_url = "https://issuer.example/jwks.json";
    options.external.fetch = [this](std::string url) { return serve(std::move(url)); };
    open();
  }
  base::Task<base::Result<std::string>> serve(std::string url) {
    urls_.push_back(std::move(url));
    if (down_) co_return base::fail_internal("the issuer is down");
    co_return set_;
  }
  std::string token(std::string_view name) const {
    for (const auto& item : data_.at("cases").as_array())
      if (item.at("name").as_string() == name) return std::string(item.at("token").as_string());
    return {};
  }
  std::string reason_of(const std::string& text) const {
    const auto caller = ask_bearer(text);
    return caller ? "ok" : caller.error().reason;
  }

  json::object data_;
  std::string set_;
  bool down_ = false;
  std::vector<std::string> urls_;
};

TEST_F(KeySource, TokensOfItsKeysGetInAndTheSetIsFetchedOnce) {
  for (const char* name : {"ES256", "RS256", "EdDSA"}) EXPECT_EQ(reason_of(token(name)), "ok");
  EXPECT_EQ(urls_, std::vector<std::string>{"https://issuer.example/jwks.json"});
}

TEST_F(KeySource, OurOwnTokensAndSharedSecretsNeedNoFetch) {
  const auto made = sign_up();
  EXPECT_EQ(reason_of(made->access_token), "ok");
  EXPECT_EQ(reason_of(token("HS256 with the EC key's PEM")), "token_invalid");
  EXPECT_TRUE(urls_.empty());
}

TEST_F(KeySource, AFloodOfUnknownNamesCostsOneCallInThirtySeconds) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(reason_of(token("unknown kid")), "token_invalid");
  EXPECT_EQ(urls_.size(), 1U);
  clock.advance(seconds{30});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(reason_of(token("unknown kid")), "token_invalid");
  EXPECT_EQ(urls_.size(), 2U);
}

TEST_F(KeySource, NoTokenMakesUsCallWhereItWants) {
  for (const char* name : {"kid missing", "ES384", "PS256", "HS256 with the set's shared secret"})
    EXPECT_EQ(reason_of(token(name)), "token_invalid") << name;
  for (const auto& url : urls_) EXPECT_EQ(url, "https://issuer.example/jwks.json");
}

TEST_F(KeySource, TheLastGoodSetOutlivesTheIssuerForAnHourAndHealthSaysSo) {
  EXPECT_EQ(reason_of(token("ES256")), "ok");
  down_ = true;
  clock.advance(minutes{30});
  EXPECT_EQ(reason_of(token("ES256")), "ok");
  const auto ill = service->key_set_health().value();
  EXPECT_FALSE(ill.ok);
  EXPECT_TRUE(ill.usable);
  EXPECT_EQ(ill.age_seconds, 1'800);
  clock.advance(minutes{29});
  EXPECT_EQ(reason_of(token("RS256")), "ok");
  clock.advance(minutes{1});
  EXPECT_EQ(reason_of(token("EdDSA")), "identity_unavailable");
  EXPECT_FALSE(service->key_set_health()->usable);
}

TEST_F(KeySource, WithoutAnySetNobodyGetsInAndIsToldToComeBack) {
  down_ = true;
  const auto refused = ask_bearer(token("ES256"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::overloaded);
  EXPECT_EQ(refused.error().reason, "identity_unavailable");
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(ask_bearer(token("ES256")));
  EXPECT_EQ(urls_.size(), 1U);
  down_ = false;
  clock.advance(seconds{30});
  EXPECT_EQ(reason_of(token("ES256")), "ok");
}

TEST_F(KeySource, ARotationHasNoGapAndARevokedKeyEndsWithTheCache) {
  const auto& rotation = data_.at("rotation").as_object();
  const auto old = std::string(rotation.at("old").as_string());
  const auto next = std::string(rotation.at("next").as_string());
  set_ = json::serialize(rotation.at("standby"));
  EXPECT_EQ(reason_of(old), "ok");
  EXPECT_EQ(reason_of(next), "ok");
  set_ = json::serialize(rotation.at("revoked"));
  clock.advance(minutes{10});
  EXPECT_EQ(reason_of(next), "ok");
  EXPECT_EQ(reason_of(old), "token_invalid");
}

TEST_F(KeySource, AnAnswerThatIsNoSetLeavesTheLastOne) {
  EXPECT_EQ(reason_of(token("ES256")), "ok");
  set_ = "<html>maintenance</html>";
  clock.advance(minutes{10});
  EXPECT_EQ(reason_of(token("RS256")), "ok");
  EXPECT_FALSE(service->key_set_health()->ok);
}

// Single flight: whoever comes while a fetch is under way waits for it.
TEST(KeySourceInFlight, ManyWhoAskAtOnceShareOneCall) {
  base::SimulatedClock clock{kStart};
  base::Log log{{}, clock};
  base::Completion<std::string> answer;
  int calls = 0;
  struct Issuer {
    static base::Task<base::Result<std::string>> serve(base::Completion<std::string>& answer,
                                                       int& calls) {
      ++calls;
      auto text = co_await answer;
      co_return text;
    }
    static base::Task<void> ask(JwksSource& source, int& done) {
      const auto keys = co_await source.keys_for("es-1");
      if (keys) ++done;
    }
  };
  JwksSource source(
      "https://issuer.example/", [&](std::string) { return Issuer::serve(answer, calls); }, clock,
      log);
  int done = 0;
  base::ManualExecutor executor;
  const base::ExecutorScope scope(executor);
  for (int i = 0; i < 50; ++i) base::start(Issuer::ask(source, done));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(done, 0);
  answer.sender().set(R"({"keys":[]})");
  while (done < 50) executor.run_one();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace identity
