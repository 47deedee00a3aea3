#include "worker/time_text.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace worker {
namespace {

std::string local(std::string_view text, DateShape shape) {
  const auto parsed = parse_date_time(text, shape);
  return parsed ? base::format_rfc3339(base::from_micros(parsed->local_micros)) : "none";
}

TEST(TimeText, ReadsEveryShapeSeenInFiles) {
  EXPECT_EQ(local("20230922", DateShape::ymd), "2023-09-22T00:00:00.000Z");
  EXPECT_EQ(local("2024/3/1", DateShape::ymd), "2024-03-01T00:00:00.000Z");
  EXPECT_EQ(local("2018.12.12", DateShape::ymd), "2018-12-12T00:00:00.000Z");
  EXPECT_EQ(local("2020-12-15 09:30", DateShape::ymd), "2020-12-15T09:30:00.000Z");
  EXPECT_EQ(local("2020-11-17T14:30:00Z", DateShape::ymd), "2020-11-17T14:30:00.000Z");
  EXPECT_EQ(local("11/5/2019 9:30", DateShape::mdy), "2019-11-05T09:30:00.000Z");
  EXPECT_EQ(local("3/3/2015 10:50:00 PM", DateShape::mdy), "2015-03-03T22:50:00.000Z");
  EXPECT_EQ(local("01/03/17", DateShape::mdy), "2017-01-03T00:00:00.000Z");
  EXPECT_EQ(local("31.12.69", DateShape::dmy), "1969-12-31T00:00:00.000Z");
  EXPECT_EQ(local("1660953600", DateShape::epoch_s), "2022-08-20T00:00:00.000Z");
  EXPECT_EQ(local("1660953600000", DateShape::epoch_ms), "2022-08-20T00:00:00.000Z");
}

TEST(TimeText, RefusesDaysAndTimesThatDoNotExist) {
  for (const char* text :
       {"2023-02-29", "2024-13-01", "2024-00-10", "1700-01-01", "2024-01-01x", "2024-01-01 25:00",
        "2024-01-01 12:60", "2024-01", "2024-01/02", "", "11:34", "AAPL"})
    EXPECT_EQ(local(text, DateShape::ymd), "none") << text;
}

TEST(TimeText, OffsetsAreTakenWithTheirSign) {
  EXPECT_EQ(parse_date_time("2022-06-06 00:00:00+01:00", DateShape::ymd)->offset_seconds, 3600);
  EXPECT_EQ(parse_date_time("2022-07-25T09:15:00+05:30", DateShape::ymd)->offset_seconds, 19'800);
  EXPECT_EQ(parse_date_time("2001-08-06 00:00:00-04:00", DateShape::ymd)->offset_seconds, -14'400);
  EXPECT_FALSE(parse_date_time("2001-08-06 00:00:00", DateShape::ymd)->offset_seconds);
}

// D45, D56: TIME 000000 and times that lost a leading zero are still times.
TEST(TimeText, CompactTimesMayHaveLostTheirZero) {
  EXPECT_EQ(parse_time_of_day("000000"), 0);
  EXPECT_EQ(parse_time_of_day("93000"), (9 * 60 + 30) * 60 * kMicrosPerSecond);
  EXPECT_EQ(parse_time_of_day("153000"), (15 * 60 + 30) * 60 * kMicrosPerSecond);
  EXPECT_EQ(parse_time_of_day("24:00"), std::nullopt);
}

DateOrderEvidence evidence(std::initializer_list<const char*> values) {
  DateOrderEvidence gathered;
  for (const char* value : values) gathered.add(value);
  return gathered;
}

TEST(DateOrder, OneFieldAboveTwelveDecides) {
  const auto day_first = evidence({"01/02/2024", "02/02/2024", "13/02/2024"});
  EXPECT_EQ(day_first.verdict(), DateOrderEvidence::Verdict::decided);
  EXPECT_EQ(day_first.shape(), DateShape::dmy);
  EXPECT_EQ(evidence({"01/02/2024", "01/13/2024"}).shape(), DateShape::mdy);
}

// Read as January days, these monthly dates would run backwards and forwards at once.
TEST(DateOrder, MonthlyDatesAreNotDaysOfJanuary) {
  const auto monthly = evidence({"12-01-2022", "11-01-2022", "10-01-2022", "09-01-2022",
                                 "08-01-2022", "01-01-2022", "12-01-2021", "11-01-2021"});
  EXPECT_EQ(monthly.verdict(), DateOrderEvidence::Verdict::decided);
  EXPECT_EQ(monthly.shape(), DateShape::mdy);
}

TEST(DateOrder, WhatFitsBothWaysIsAskedNotGuessed) {
  EXPECT_EQ(evidence({"03/04/2024"}).verdict(), DateOrderEvidence::Verdict::ambiguous);
  EXPECT_EQ(evidence({"nonsense", "x"}).verdict(), DateOrderEvidence::Verdict::unreadable);
}

// D50: a volume of 97230000 is no time stamp; only eight digits that are a day, or ten and more.
TEST(DateOrder, EpochsAreToldByMagnitude) {
  EXPECT_EQ(evidence({"1660953600", "1660867200"}).shape(), DateShape::epoch_s);
  EXPECT_EQ(evidence({"1660953600000"}).shape(), DateShape::epoch_ms);
  EXPECT_EQ(evidence({"1735689600000000"}).shape(), DateShape::epoch_us);
  EXPECT_EQ(evidence({"97230000", "79195200"}).verdict(), DateOrderEvidence::Verdict::unreadable);
}

}  // namespace
}  // namespace worker
