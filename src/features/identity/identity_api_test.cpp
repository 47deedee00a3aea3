// The shapes of the routes, through the router.
#include "features/identity/identity_api.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "features/identity/identity_fixture.hpp"

namespace identity {
namespace {

using base::ErrorCode;

class IdentityApiTest : public testing::Test, public IdentityFixture {
 protected:
  IdentityApiTest() { make_routes(); }
  void make_routes() {
    router_ = std::make_unique<http::Router>();
    add_routes(*router_, open());
    router_->compile();
  }
  base::Result<void> call(TestRequest& with, std::string_view path) {
    std::vector<std::string> values;
    auto& exchange = with.exchange();
    const auto match = router_->find(exchange.request.method, path, values);
    RL_CHECK(match.route != nullptr, "the route exists");
    exchange.route = match.route;
    if (const auto* plain = std::get_if<http::PlainHandler>(&match.route->handler))
      return (*plain)(exchange);
    return base::block_on(std::get<http::AsyncHandler>(match.route->handler)(exchange));
  }
  boost::json::object post(std::string_view path, std::string body, int status = 200) {
    auto with = request(http::Method::post);
    with.body(std::move(body));
    const auto done = call(with, path);
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
    EXPECT_EQ(with.exchange().response.status, status);
    cookie_ = with.exchange().response.find_header("Set-Cookie").value_or("");
    return base::parse_json_object(with.exchange().response.body).value();
  }
  std::unique_ptr<http::Router> router_;
  std::string cookie_;
};

constexpr const char* kAda = R"({"email":"ada@example.com","password":"a fine long password"})";

TEST_F(IdentityApiTest, RegisterLoginAndRefreshAnswerInOneShape) {
  const auto made = post("/v1/auth/register", kAda, 201);
  EXPECT_TRUE(cookie_.starts_with("rl_session="));
  EXPECT_TRUE(cookie_.contains("; HttpOnly") && cookie_.contains("; SameSite=Lax"));
  EXPECT_FALSE(cookie_.contains("Secure"));
  const auto entered = post("/v1/auth/login", kAda);
  const auto renewed =
      post("/v1/auth/refresh", R"({"refresh_token":")" +
                                   std::string(entered.at("refresh_token").as_string()) + R"("})");
  EXPECT_TRUE(cookie_.empty());
  for (const auto& answer : {made, entered, renewed}) {
    EXPECT_EQ(answer.at("user").at("email").as_string(), "ada@example.com");
    EXPECT_FALSE(answer.at("user").at("email_verified").as_bool());
    EXPECT_EQ(answer.at("account").at("plan").as_string(), "free");
    EXPECT_EQ(answer.at("token_type").as_string(), "Bearer");
    EXPECT_EQ(answer.at("expires_in").as_int64(), 900);
    EXPECT_TRUE(answer.at("access_token").is_string() && answer.at("refresh_token").is_string());
  }
}

TEST_F(IdentityApiTest, TheCookieIsSecureUnderTls) {
  options.secure_cookies = true;
  make_routes();
  post("/v1/auth/register", kAda, 201);
  EXPECT_TRUE(cookie_.contains("; Secure"));
}

TEST_F(IdentityApiTest, UnknownAndMistypedFieldsAreAllNamed) {
  for (const std::string path : {"/v1/auth/register", "/v1/auth/login"}) {
    auto with = request(http::Method::post);
    with.body(R"({"email":5,"password":"a fine long password","role":"operator"})");
    const auto refused = call(with, path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_EQ(refused.error().fields.size(), 2U);
  }
}

TEST_F(IdentityApiTest, OnlyJsonIsRead) {
  auto form = request(http::Method::post);
  form.header("Content-Type", "text/plain");
  EXPECT_EQ(call(form, "/v1/auth/login").error().code, ErrorCode::unsupported_media);
  auto broken = request(http::Method::post);
  broken.body("{\"email\":");
  EXPECT_EQ(call(broken, "/v1/auth/login").error().code, ErrorCode::malformed);
}

TEST_F(IdentityApiTest, TheSessionSaysWhoAndGivesTheCookiesCsrfToken) {
  const auto made = sign_up();
  auto with = request();
  with.cookie(made->session_token);
  with.exchange().caller = ask_cookie(made->session_token).value();
  ASSERT_TRUE(call(with, "/v1/session"));
  const auto session = base::parse_json_object(with.exchange().response.body).value();
  EXPECT_EQ(session.at("user").at("id").as_string(), made->user.id.text());
  EXPECT_EQ(session.at("accounts").as_array().size(), 1U);
  EXPECT_EQ(session.at("plan").at("name").as_string(), "Free");
  EXPECT_EQ(session.at("plan").at("limits").at("requests").at(0).as_string(), "60/minute");
  EXPECT_TRUE(session.at("roles").as_array().empty());
  EXPECT_FALSE(session.at("test_mode").as_bool());
  EXPECT_EQ(session.at("csrf_token").as_string(), IdentityService::csrf_token(made->session_token));

  auto bearer = request();
  bearer.bearer(made->access_token);
  bearer.exchange().caller = ask(bearer).value();
  ASSERT_TRUE(call(bearer, "/v1/session"));
  EXPECT_TRUE(bearer.exchange().response.body.contains("\"csrf_token\":null"));
}

TEST_F(IdentityApiTest, SigningOutTakesTheCookieBack) {
  const auto made = sign_up();
  auto with = request(http::Method::post);
  with.cookie(made->session_token);
  with.exchange().caller = ask_cookie(made->session_token).value();
  ASSERT_TRUE(call(with, "/v1/auth/logout"));
  EXPECT_EQ(with.exchange().response.status, 204);
  EXPECT_TRUE(with.exchange().response.find_header("Set-Cookie")->contains("Max-Age=0"));
  EXPECT_FALSE(ask_cookie(made->session_token));
}

TEST_F(IdentityApiTest, ThePublicKeyIsPublished) {
  auto with = request();
  ASSERT_TRUE(call(with, "/.well-known/jwks.json"));
  const auto set = base::parse_json_object(with.exchange().response.body).value();
  const auto& key = set.at("keys").at(0);
  EXPECT_EQ(key.at("kty").as_string(), "OKP");
  EXPECT_EQ(key.at("alg").as_string(), "EdDSA");
  EXPECT_EQ(key.as_object().if_contains("d"), nullptr);
}

TEST_F(IdentityApiTest, RoutesThatGuessersLikeAreOfThatClass) {
  for (const auto& route : router_->routes()) {
    const bool guessable =
        route.policy.access == http::Access::open && route.method == http::Method::post;
    EXPECT_EQ(route.policy.cost == http::CostClass::guess, guessable) << route.pattern;
  }
}

}  // namespace
}  // namespace identity
