#include <gtest/gtest.h>

#include "http/problem.hpp"

namespace http {
namespace {

TEST(Problem, RendersWhatTheClientMayKnow) {
  Exchange exchange;
  exchange.request.request_id = "req-12345678";
  exchange.response.header("Set-Cookie", "half=done");
  exchange.response.body = "half an answer";
  base::Error error{base::ErrorCode::payment_required,
                    "hours_exhausted",
                    "Buy \"hours\".",
                    "balance row 7",
                    {{"sku", "unknown"}},
                    {{"remaining_seconds", "0"}}};
  render_problem(exchange, error);
  EXPECT_EQ(exchange.response.status, 402);
  EXPECT_EQ(exchange.response.headers, "");
  EXPECT_EQ(exchange.response.body,
            R"({"type":"urn:redline:problem:hours_exhausted","title":"Payment Required",)"
            R"("status":402,"detail":"Buy \"hours\".","reason":"hours_exhausted",)"
            R"("request_id":"req-12345678","fields":[{"name":"sku","message":"unknown"}],)"
            R"("remaining_seconds":0})");
}

TEST(Problem, WaitingIsToldInTheHeader) {
  Exchange exchange;
  base::Error error{base::ErrorCode::rate_limited, "rate_limited", "Slow down."};
  error.members.push_back({"retry_after_seconds", "12"});
  render_problem(exchange, error);
  EXPECT_EQ(exchange.response.find_header("retry-after"), "12");
  render_problem(exchange, {base::ErrorCode::overloaded, "overloaded", "Busy."});
  EXPECT_EQ(exchange.response.find_header("Retry-After"), "1");
  render_problem(exchange, {base::ErrorCode::unauthenticated, "unauthenticated", "Sign in."});
  EXPECT_EQ(exchange.response.find_header("WWW-Authenticate"), "Bearer");
  EXPECT_FALSE(exchange.response.find_header("Retry-After"));
}

// D23: a client must be able to tell "pay" from "forbidden" from "slow down" by the status alone.
TEST(Problem, EachKindOfErrorHasItsOwnStatus) {
  EXPECT_EQ(status_of(base::ErrorCode::invalid), 422);
  EXPECT_EQ(status_of(base::ErrorCode::malformed), 400);
  EXPECT_EQ(status_of(base::ErrorCode::payment_required), 402);
  EXPECT_EQ(status_of(base::ErrorCode::forbidden), 403);
  EXPECT_EQ(status_of(base::ErrorCode::rate_limited), 429);
  EXPECT_EQ(status_of(base::ErrorCode::internal), 500);
}

}  // namespace
}  // namespace http
