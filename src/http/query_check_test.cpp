#include <gtest/gtest.h>

#include "http/query_check.hpp"

namespace http {
namespace {

// The name that the refusal bears; "-": it passes.
std::string judged(std::string_view query) {
  Request request;
  request.query = query;
  const auto checked = check_query(request);
  if (checked) return "-";
  EXPECT_EQ(checked.error().code, base::ErrorCode::malformed);
  return checked.error().fields.at(0).name;
}

TEST(CheckQuery, EncodedTextPasses) {
  for (const auto* query :
       {"", "a", "a=b&c", "a=%41%2B+x", "q=%E2%82%AC&%63=1", "&&a=&=b", "a=b=c"})
    EXPECT_EQ(judged(query), "-") << query;
}

TEST(CheckQuery, WhatIsNoTextIsRefusedByName) {
  EXPECT_EQ(judged("a=1&tz=%zz"), "tz");
  EXPECT_EQ(judged("tz=%ff"), "tz");
  EXPECT_EQ(judged("%74z=%"), "tz");
  EXPECT_EQ(judged("a=%2"), "a");
  EXPECT_EQ(judged("a=%00"), "a");
  EXPECT_EQ(judged("a=%C0%AF"), "a");
  EXPECT_EQ(judged("a=%ED%A0%80&b=1"), "a");
  EXPECT_EQ(judged("a=1&b%f=2"), "b%f");
}

}  // namespace
}  // namespace http
