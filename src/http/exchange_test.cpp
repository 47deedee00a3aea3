#include <gtest/gtest.h>

#include "http/exchange.hpp"

namespace http {
namespace {

TEST(Request, HeadersAreFoundWithoutCase) {
  const std::vector<HeaderView> headers{{"Accept", "a"}, {"X-Twice", "1"}, {"x-twice", "2"}};
  Request request;
  request.headers = headers;
  EXPECT_EQ(request.header("ACCEPT"), "a");
  EXPECT_EQ(request.header("x-TWICE"), "1");
  EXPECT_EQ(request.header_count("X-Twice"), 2U);
  EXPECT_FALSE(request.header("Acce"));
}

TEST(Request, CookiesAreExact) {
  const std::vector<HeaderView> headers{{"Cookie", "xrl_session=no; rl_session=yes==; empty="},
                                        {"Cookie", "second=2"}};
  Request request;
  request.headers = headers;
  EXPECT_EQ(request.cookie("rl_session"), "yes==");
  EXPECT_EQ(request.cookie("empty"), "");
  EXPECT_EQ(request.cookie("second"), "2");
  EXPECT_FALSE(request.cookie("session"));
}

TEST(Request, QueryValuesAreDecoded) {
  Request request;
  request.query = "a=1&b=x%20y+z&b=second&%63=coded&flag&bad=%zz";
  EXPECT_EQ(request.query_value("a"), "1");
  EXPECT_EQ(request.query_value("b"), "x y z");
  EXPECT_EQ(request.query_value("c"), "coded");
  EXPECT_EQ(request.query_value("flag"), "");
  EXPECT_FALSE(request.query_value("bad"));
  EXPECT_FALSE(request.query_value("none"));
}

TEST(Response, AHeaderCannotAddAnother) {
  Response response;
  response.header("X-Name", "a\r\nX-Evil: b\n");
  EXPECT_EQ(response.headers, "X-Name: aX-Evil: b\r\n");
  EXPECT_EQ(response.find_header("x-name"), "aX-Evil: b");
  EXPECT_FALSE(response.find_header("X-Evil"));
}

}  // namespace
}  // namespace http
