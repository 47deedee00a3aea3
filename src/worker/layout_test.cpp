#include <gtest/gtest.h>

#include "worker/price_layout.hpp"
#include "worker/symbol_name.hpp"

namespace worker {
namespace {

using namespace std::string_view_literals;

std::string refusal(std::string_view bytes, const char* filename = "aapl.csv") {
  const auto layout = detect_layout(bytes, true, {.filename = filename});
  return layout ? "accepted as " + layout->format : layout.error().reason;
}

TEST(Detection, RefusesWhatIsNotATableOfPrices) {
  EXPECT_EQ(refusal(""), "empty");
  EXPECT_EQ(refusal(" \r\n\n"), "empty");
  EXPECT_EQ(refusal("<!DOCTYPE html><html><body>429 Too Many Requests</body></html>"),
            "not_price_data");
  EXPECT_EQ(refusal("\x00\x01\x02\x03\x04\x05"sv), "not_price_data");
  EXPECT_EQ(refusal("Exceeded the daily hits limit"), "not_price_data");
  EXPECT_EQ(refusal("close,high,low,open\n1,2,1,2\n2,3,2,2\n"), "not_price_data");
  EXPECT_EQ(refusal("date,close\n2024-01-02,5\n2024-01-03,6\n"), "not_price_data");
  EXPECT_EQ(refusal("date,open,high,low,close\n"), "empty");
  EXPECT_EQ(refusal("\x1F\x8B\x08\x00"sv), "unsupported_format");
  EXPECT_EQ(refusal("PK\x03\x04rest"), "unsupported_format");
  EXPECT_EQ(refusal("PAR1...."), "unsupported_format");
  EXPECT_EQ(refusal("{\"Time Series\":{}}"), "unsupported_format");
}

// Found by the fuzzer: its only row of that width is no header and has no empty last column to
// drop.
TEST(Detection, ALineOfNamesThatHoldsADateIsARowLikeAnyOther) {
  EXPECT_EQ(refusal("Dates\n2023-05-31 00:00:00+10:00,0.12,Open,High,Low,Close,0.9\n"),
            "not_price_data");
}

// D34: a pickle is refused by its bytes, whatever it is called.
TEST(Detection, NeverOpensAPickle) { EXPECT_EQ(refusal("\x80\x04\x95rest"), "unsupported_format"); }

TEST(Detection, AHeaderOfAnotherWidthIsReportedNotShifted) {
  EXPECT_EQ(
      refusal("date,open,high,low,close\n2024-01-02,09:30,1,2,1,2\n2024-01-02,09:31,1,2,1,2\n"),
      "corrupt");
}

TEST(Detection, AsksWhenTheFileDoesNotTell) {
  const auto dates = detect_layout("date,open,high,low,close\n03/04/2024,1,2,1,2\n", true,
                                   {.filename = "aapl.csv"});
  ASSERT_FALSE(dates);
  EXPECT_EQ(dates.error().reason, "ambiguous");
  ASSERT_EQ(dates.error().members.size(), 1U);
  EXPECT_NE(dates.error().members[0].json.find("\"date_order\""), std::string::npos);
  const auto told = detect_layout("date,open,high,low,close\n03/04/2024,1,2,1,2\n", true,
                                  {.filename = "aapl.csv", .date_order = "dmy"});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->date_shape, DateShape::dmy);
  EXPECT_EQ(refusal("date;open;high;low;close\n2024-01-02;1,234;1,250;1,200;1,240\n"), "ambiguous");
  EXPECT_EQ(refusal("date,open,high,low,close\n2024-01-02,1,2,1,2\n", "2024.csv"), "ambiguous");
}

TEST(Detection, DelimitersDecimalCommasAndByteOrderMarks) {
  const auto layout = detect_layout(
      "\xEF\xBB\xBF"
      "Data;Otwarcie;Najwyzszy;Najnizszy;Zamkniecie;Wolumen\r\n"
      "2024-01-02;10,5;11,25;10,1;11;1000\r\n2024-01-03;10,5;11,25;10,1;11;1000\r\n",
      true, {.filename = "wig20_d.csv"});
  ASSERT_TRUE(layout) << layout.error().message;
  EXPECT_EQ(layout->format, "stooq_web");
  EXPECT_EQ(layout->delimiter, ';');
  EXPECT_EQ(layout->decimal, ',');
  EXPECT_EQ(layout->symbol, "WIG20");
  EXPECT_EQ(layout->time_kind, TimeKind::local_date);
}

TEST(Detection, StooqIntradayIsWarsawTime) {
  const auto layout = detect_layout(
      "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
      "AAPL.US,5,20240312,143000,1,2,1,2,100,0\nAAPL.US,5,20240312,143500,1,2,1,2,100,0\n",
      true, {.filename = "aapl.us.txt"});
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->format, "stooq_ascii_intraday");
  EXPECT_EQ(layout->timezone, "Europe/Warsaw");
  EXPECT_EQ(layout->time_kind, TimeKind::utc_instant);
}

// D51: roles come from whole names, never from a letter in them.
TEST(Detection, RolesComeFromWholeNames) {
  const auto layout = detect_layout(
      "sentiment,date,vwap,close,low,high,open,description\n"
      "0.5,2024-01-02,1.5,2,1,2,1,word\n0.5,2024-01-03,1.5,2,1,2,1,word\n",
      true, {.filename = "x.csv"});
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->columns[0].role, Role::number);
  EXPECT_EQ(layout->columns[1].role, Role::date);
  EXPECT_EQ(layout->columns[3].role, Role::close);
  EXPECT_EQ(layout->columns[7].role, Role::text);
  EXPECT_FALSE(has_role(layout->columns, Role::volume));
}

TEST(SymbolName, ComesFromTheFileName) {
  EXPECT_EQ(symbol_from_filename("yahoofinance-AAPL-20040819-20180120.csv"), "AAPL");
  EXPECT_EQ(symbol_from_filename("aapl.us.txt"), "AAPL.US");
  EXPECT_EQ(symbol_from_filename("wig20_d.csv"), "WIG20");
  EXPECT_EQ(symbol_from_filename("aapl_us_d.csv"), "AAPL.US");
  EXPECT_EQ(symbol_from_filename("C:\\Users\\me\\BTC-USD.csv"), "BTC-USD");
  EXPECT_EQ(symbol_from_filename("^N225.csv"), "^N225");
  EXPECT_EQ(symbol_from_filename("BRK-B.csv"), "BRK-B");
  EXPECT_EQ(symbol_from_filename("EURUSD1440.csv"), "EURUSD");
  EXPECT_EQ(symbol_from_filename("AAPL Historical Data.csv"), "AAPL");
  EXPECT_EQ(symbol_from_filename("2024-01-01.csv"), "");
  EXPECT_EQ(symbol_from_filename(""), "");
}

}  // namespace
}  // namespace worker
