#include "features/limits/allowance.hpp"

#include <gtest/gtest.h>

namespace limits {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ParseAllowance, ReadsCountsAndWindows) {
  const std::vector<std::pair<const char*, Allowance>> cases = {
      {"600/minute", {600, minutes{1}}},      {"50/hour", {50, hours{1}}},
      {"200/day", {200, hours{24}}},          {"5/second", {5, seconds{1}}},
      {"10/30s", {10, seconds{30}}},          {"100/15m", {100, minutes{15}}},
      {"1000/6h", {1000, hours{6}}},          {"1/366d", {1, hours{24 * 366}}},
      {"1000000/1s", {1'000'000, seconds{1}}}};
  for (const auto& [text, expected] : cases) {
    const auto allowance = parse_allowance(text);
    ASSERT_TRUE(allowance) << text;
    EXPECT_EQ(*allowance, expected) << text;
  }
}

TEST(ParseAllowance, RefusesEverythingElse) {
  for (const char* text : {"",
                           "/",
                           "50",
                           "50/",
                           "/hour",
                           "0/hour",
                           "-1/hour",
                           "+5/hour",
                           "1.5/hour",
                           "50/0s",
                           "50/-1s",
                           "50/week",
                           "50/hours",
                           "50 /hour",
                           "50/ hour",
                           "50/hour ",
                           "1000001/hour",
                           "50/367d",
                           "50/9223372036854775807d",
                           "99999999999999999999/hour",
                           "50/h",
                           "50/hour/day"}) {
    const auto allowance = parse_allowance(text);
    ASSERT_FALSE(allowance) << text;
    EXPECT_EQ(allowance.error().code, base::ErrorCode::invalid) << text;
  }
}

AllowanceSet set_of(std::vector<std::string> texts) { return AllowanceSet::parse(texts).value(); }

TEST(AllowanceSet, RendersTheHeadersOfTheDraft) {
  const auto set = set_of({"50/hour", "200/day", "10/30s"});
  std::string lines;
  append_rate_limit(lines, set.header_lines(1), 12, 600);
  EXPECT_EQ(lines,
            "RateLimit-Policy: \"hour\";q=50;w=3600, \"day\";q=200;w=86400, \"30s\";q=10;w=30\r\n"
            "RateLimit: \"day\";r=12;t=600\r\n");
}

TEST(AllowanceSet, SetsThatDifferHaveOtherFingerprints) {
  EXPECT_EQ(set_of({"50/hour"}).fingerprint(), set_of({"50/1h"}).fingerprint());
  EXPECT_NE(set_of({"50/hour"}).fingerprint(), set_of({"51/hour"}).fingerprint());
  EXPECT_NE(set_of({"50/hour"}).fingerprint(), set_of({"50/day"}).fingerprint());
  EXPECT_NE(set_of({"50/hour"}).fingerprint(), set_of({"50/hour", "60/day"}).fingerprint());
}

TEST(AllowanceSet, RefusesTooManyAndTwoOfOneWindow) {
  const std::vector<std::string> five = {"1/1s", "1/2s", "1/3s", "1/4s", "1/5s"};
  EXPECT_FALSE(AllowanceSet::parse(five));
  const std::vector<std::string> twice = {"60/hour", "70/60m"};
  EXPECT_FALSE(AllowanceSet::parse(twice));
  EXPECT_TRUE(AllowanceSet::parse({})->empty());
}

}  // namespace
}  // namespace limits
