#include <gtest/gtest.h>

#include "http/cors.hpp"

namespace http {
namespace {

const std::vector<std::string> kListed{"https://app.test", "https://other.test"};
const std::vector<std::string> kEveryone{"*"};

struct Applied {
  CorsKind kind;
  Response response;
};

Applied apply(Method method, const std::vector<HeaderView>& headers,
              const std::vector<std::string>& allowed) {
  Exchange exchange;
  exchange.request.method = method;
  exchange.request.headers = headers;
  const CorsKind kind = cors_decision(exchange.request, allowed);
  add_cors_headers(exchange, kind, allowed);
  return {kind, std::move(exchange.response)};
}

TEST(Cors, AListedOriginIsNamedWithCredentials) {
  const auto [kind, response] = apply(Method::get, {{"Origin", "https://app.test"}}, kListed);
  EXPECT_EQ(kind, CorsKind::allowed);
  EXPECT_EQ(response.find_header("Access-Control-Allow-Origin"), "https://app.test");
  EXPECT_EQ(response.find_header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(response.find_header("Vary"), "Origin");
}

TEST(Cors, AStrangerGetsNoHeaderButAVary) {
  for (const char* origin : {"https://app.test.evil", "http://app.test", "null", ""}) {
    const auto [kind, response] = apply(Method::get, {{"Origin", origin}}, kListed);
    EXPECT_EQ(kind, CorsKind::refused);
    EXPECT_FALSE(response.find_header("Access-Control-Allow-Origin"));
    EXPECT_EQ(response.find_header("Vary"), "Origin");
  }
  EXPECT_EQ(apply(Method::get, {}, kListed).kind, CorsKind::none);
}

TEST(Cors, EveryoneNeverMeansCredentials) {
  const auto [kind, response] = apply(Method::get, {{"Origin", "https://evil.test"}}, kEveryone);
  EXPECT_EQ(kind, CorsKind::allowed);
  EXPECT_FALSE(response.find_header("Access-Control-Allow-Credentials"));
}

TEST(Cors, APreflightIsCached) {
  const auto [kind, response] =
      apply(Method::options,
            {{"Origin", "https://app.test"}, {"Access-Control-Request-Method", "POST"}}, kListed);
  EXPECT_EQ(kind, CorsKind::preflight);
  EXPECT_EQ(response.find_header("Access-Control-Max-Age"), "7200");
  EXPECT_TRUE(response.find_header("Access-Control-Allow-Headers"));
}

}  // namespace
}  // namespace http
