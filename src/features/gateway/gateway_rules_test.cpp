#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/gateway/gateway_options.hpp"
#include "features/gateway/header_rules.hpp"
#include "features/gateway/target_path.hpp"

namespace gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kPlans{"free", "pro"};

RuleOptions options(bool credentials = false) {
  return {.prefix = "/app/",
          .authority = "127.0.0.1:5000",
          .strip_prefix = true,
          .credentials = credentials,
          .own_cors = false,
          .plans = &kPlans};
}

std::string sent(const std::vector<http::HeaderView>& headers, bool credentials = false,
                 bool signed_in = true) {
  http::Exchange exchange;
  exchange.request.target = "/app/x?y=1";
  exchange.request.headers = headers;
  exchange.request.peer_address = "198.51.100.7";
  exchange.request.request_id = "request-0001";
  if (signed_in) {
    exchange.caller.credential = http::Credential::bearer;
    exchange.caller.user = base::UserId{{1, 2}};
    exchange.caller.account = base::AccountId{{3, 4}};
    exchange.caller.plan = 1;
  }
  std::string out;
  HeaderRules(options(credentials)).append_request_head(out, exchange);
  return out;
}

std::string answered(const std::vector<http::HeaderView>& headers) {
  http::UpstreamHead head;
  head.headers = headers;
  std::string out;
  HeaderRules(options()).append_answer_headers(out, http::Exchange{}, head);
  return out;
}

TEST(HeaderRules, TheApplicationLearnsWhoAskedAndFromWhere) {
  const auto head = sent({{"Host", "shop.example"}, {"Accept", "text/html"}});
  EXPECT_TRUE(head.starts_with("GET /x?y=1 HTTP/1.1\r\nHost: shop.example\r\n")) << head;
  for (const char* line :
       {"Accept: text/html\r\n", "X-Forwarded-For: 198.51.100.7\r\n", "X-Forwarded-Proto: http\r\n",
        "X-Forwarded-Host: shop.example\r\n", "X-Forwarded-Prefix: /app\r\n",
        "X-Request-Id: request-0001\r\n", "X-Redline-User: usr_", "X-Redline-Account: acc_",
        "X-Redline-Plan: pro\r\n"})
    EXPECT_THAT(head, HasSubstr(line));
}

// An application that reads HTTP_X_REDLINE_USER cannot tell '-' from '_'.
TEST(HeaderRules, NoClientSaysWhoItIs) {
  const auto head = sent({{"Host", "h"},
                          {"X-Redline-User", "forged"},
                          {"x-redline-account", "forged"},
                          {"X_Redline_User", "forged"},
                          {"X-REDLINE-Anything", "forged"},
                          {"X-Forwarded-For", "forged"},
                          {"X_Forwarded_For", "forged"},
                          {"Forwarded", "for=forged"},
                          {"X-Real-IP", "forged"},
                          {"X-Original-URL", "/forged"},
                          {"X-Request-Id", "forged"},
                          {"Content_Length", "forged"},
                          {"Expect", "forged"}},
                         false, false);
  EXPECT_THAT(head, Not(HasSubstr("forged")));
  EXPECT_THAT(head, Not(HasSubstr("X-Redline")));
}

TEST(HeaderRules, WhatBelongsToOneConnectionStaysThere) {
  const auto head = sent({{"Host", "h"},
                          {"Connection", "keep-alive, X-Hop"},
                          {"X-Hop", "gone"},
                          {"Keep-Alive", "gone"},
                          {"TE", "trailers"},
                          {"Trailer", "gone"},
                          {"Transfer-Encoding", "chunked"},
                          {"Content-Length", "3"},
                          {"Upgrade", "h2c"},
                          {"HTTP2-Settings", "gone"},
                          {"Proxy-Authorization", "gone"},
                          {"Proxy-Connection", "gone"}});
  for (const char* word : {"gone", "trailers", "chunked", "Content-Length", "h2c", "Connection"})
    EXPECT_THAT(head, Not(HasSubstr(word)));
}

// A client may name any header in Connection; what Redline adds is not the client's to remove.
TEST(HeaderRules, ConnectionCannotTakeOurWordsAway) {
  const auto head = sent({{"Host", "h"}, {"Connection", "X-Redline-User, X-Forwarded-For, Host"}});
  EXPECT_THAT(head, HasSubstr("X-Redline-User: usr_"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-For: 198.51.100.7\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: h\r\n"));
}

// D42: a credential of ours is of no use to the application and does not reach it.
TEST(HeaderRules, CredentialsGoOnOnlyWhenTheOperatorSaysSo) {
  const std::vector<http::HeaderView> headers{{"Host", "h"},
                                              {"Authorization", "Bearer secret"},
                                              {"Cookie", "a=1; rl_session=secret; b=2"},
                                              {"X-CSRF-Token", "secret"}};
  const auto head = sent(headers);
  EXPECT_THAT(head, Not(HasSubstr("secret")));
  EXPECT_THAT(head, HasSubstr("Cookie: a=1; b=2\r\n"));
  const auto open = sent(headers, true);
  EXPECT_THAT(open, HasSubstr("Authorization: Bearer secret\r\n"));
  EXPECT_THAT(open, HasSubstr("rl_session=secret"));
}

TEST(HeaderRules, ACookieHeaderOfTheSessionAloneIsLeftOut) {
  EXPECT_EQ(without_session("rl_session=x"), "");
  EXPECT_EQ(without_session("rl_session=x; rl_session2=y;z=1"), "rl_session2=y; z=1");
  EXPECT_THAT(sent({{"Host", "h"}, {"Cookie", "rl_session=x"}}), Not(HasSubstr("Cookie")));
}

TEST(HeaderRules, AnAnswerKeepsItsHeadersButNotOurs) {
  const auto head = answered({{"Content-Type", "text/html"},
                              {"Set-Cookie", "cart=1; Path=/"},
                              {"Set-Cookie", "rl_session=stolen"},
                              {"Content-Security-Policy", "default-src 'self'"},
                              {"Connection", "close, X-Hop"},
                              {"X-Hop", "gone"},
                              {"Date", "gone"},
                              {"Server", "gone"},
                              {"Transfer-Encoding", "chunked"},
                              {"Content-Length", "12"},
                              {"Redline-Remaining-Seconds", "gone"},
                              {"RateLimit", "gone"},
                              {"Trailer", "gone"}});
  EXPECT_EQ(head,
            "Content-Type: text/html\r\nSet-Cookie: cart=1; Path=/\r\n"
            "Content-Security-Policy: default-src 'self'\r\n");
}

// Browsers trim a cookie's name, and send a pair that has none as its value alone.
TEST(HeaderRules, NoSpellingOfSetCookieReplacesTheSession) {
  for (const char* set : {"rl_session=x; Path=/", "rl_session =x", "rl_session\t=x",
                          "=rl_session=x", "= rl_session=x"})
    EXPECT_EQ(answered({{"Set-Cookie", set}}), "") << set;
  for (const char* set : {"rl_session2=x", "RL_SESSION=x", "cart=rl_session=x", "rl_session"})
    EXPECT_THAT(answered({{"Set-Cookie", set}}), HasSubstr(set));
}

TEST(TargetPath, DotsAndDoubleSlashesAreAmbiguousHoweverTheyAreWritten) {
  for (const char* path :
       {"/..", "/../x", "/a/../b", "/a/..", "/a/./b", "/.", "/%2e%2e/x", "/a/%2E%2e", "/a/.%2e/b",
        "/a\\b", "/a/%5cb", "/a/..;x/b", "/a/..%2fb", "//evil.example/", "/%2fevil.example"})
    EXPECT_TRUE(is_ambiguous_path(path)) << path;
  for (const char* path : {"/", "/a", "/a/b.c", "/...", "/a/.well-known", "/a/b..c", "/..a",
                           "/a//b", "/a%2fb", "/%25", "/a;b"})
    EXPECT_FALSE(is_ambiguous_path(path)) << path;
}

TEST(TargetPath, RedirectsLeadBackThroughThePrefix) {
  const auto seen = [](std::string_view location) {
    return client_location(location, "/app/", true, "127.0.0.1:5000").value_or("as it is");
  };
  EXPECT_EQ(seen("/login?next=/"), "/app/login?next=/");
  EXPECT_EQ(seen("/app/login"), "as it is");  // it heeds X-Forwarded-Prefix
  EXPECT_EQ(seen("http://127.0.0.1:5000/x"), "/app/x");
  EXPECT_EQ(seen("http://127.0.0.1:5000"), "/app/");
  EXPECT_EQ(seen("https://elsewhere.example/x"), "as it is");
  EXPECT_EQ(seen("http://127.0.0.1:50001/x"), "as it is");
  EXPECT_EQ(seen("//elsewhere.example/x"), "as it is");
  EXPECT_EQ(seen("relative"), "as it is");
  for (const char* path : {"//evil.example", "/\\evil.example", "/\t/evil.example"})
    EXPECT_EQ(client_location(std::string("http://u:1") + path, "/app/", false, "u:1"),
              std::nullopt);
  EXPECT_EQ(client_location("/x", "/app/", false, "u:1"), std::nullopt);
}

TEST(GatewayOptions, EveryMistakeOfARouteIsNamed) {
  const auto mistakes = [](RouteOptions route) {
    std::vector<std::string> found;
    find_mistakes({route}, found);
    return found;
  };
  EXPECT_THAT(mistakes({.prefix = "/app/", .upstream = "http://127.0.0.1:5000"}),
              testing::IsEmpty());
  EXPECT_THAT(mistakes({.prefix = "/", .upstream = "http://app"}), testing::IsEmpty());
  EXPECT_THAT(mistakes({.prefix = "/a-b/c/", .upstream = "http://[::1]:80/"}), testing::IsEmpty());
  for (const char* prefix :
       {"", "app", "/app", "app/", "/a//b/", "/a b/", "/{x}/", "/v1/", "/v1/x/"})
    EXPECT_THAT(mistakes({.prefix = prefix, .upstream = "http://h"}), testing::SizeIs(1)) << prefix;
  for (const char* upstream :
       {"", "h", "https://h", "http://", "http://h:0", "http://h:70000", "http://h/x", "http://u@h",
        "http://::1", "http://[::1", "http://h:x"})
    EXPECT_THAT(mistakes({.prefix = "/a/", .upstream = upstream}), testing::SizeIs(1)) << upstream;
  EXPECT_THAT(
      mistakes({.prefix = "/a/", .upstream = "http://h", .metered = true, .sign_in = false}),
      testing::SizeIs(1));
}

}  // namespace
}  // namespace gateway
