// Hostile requests against the real process with its real sandbox.
#include <gtest/gtest.h>
#include <array>

#include <fmt/format.h>

#include <chrono>

#include "base/sanitizers.hpp"
#include "worker/running_worker.hpp"
#include "worker/statement_gate.hpp"

namespace worker {
namespace {

using wire::FrameType;

class Hostile : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(worker_.is_ready()) << worker_.ready_payload(); }
  void still_serves() {
    const auto answer = worker_.query("SELECT 42");
    EXPECT_NE(answer.body.find("[[42]]"), std::string::npos)
        << answer.error.reason << ": " << answer.error.message << (answer.lost ? " lost" : "")
        << " at a peak of " << worker_.peak_mb() << " MB";
  }
  TemporaryFolder folder_;
  RunningWorker worker_{folder_.path(), 512};
};

constexpr long kMostMegabytes = 700;  // 512 and what the process had mapped before
constexpr long kRestMegabytes = 350;  // mapped when nothing runs: room for the next statement
constexpr const char* kNoMemoryLimit =
    "a sanitizer's shadow memory leaves no room for RLIMIT_AS, which bounds the worker";

TEST_F(Hostile, GreedyQueriesEndAsMemoryOrTimeAndTheWorkerServesOn) {
  if (base::kHasShadowMemory) GTEST_SKIP() << kNoMemoryLimit;
  for (const char* sql :
       {"SELECT len(range(400000000))", "SELECT unnest(generate_series(1,1000000000))",
        "SELECT count(*) FROM (SELECT unnest(generate_series(1,1000000000)))",
        "SELECT length(repeat('x',3000000000))", "SELECT repeat('x',3000000000)",
        "SELECT list(i) FROM range(1000000000) t(i)",
        "SELECT string_agg(i::VARCHAR, ',') FROM range(1000000000) t(i)",
        "SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c",
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r) SELECT max(i) FROM r",
        "SELECT i FROM range(2000000000) t(i) ORDER BY hash(i)"}) {
    const auto answer = worker_.query(sql, 1000);
    ASSERT_FALSE(answer.lost) << sql;
    ASSERT_TRUE(answer.failed) << sql;
    EXPECT_TRUE(answer.error.reason == "query_memory" || answer.error.reason == "query_timeout")
        << sql << ": " << answer.error.reason << " " << answer.error.message;
    EXPECT_LT(worker_.peak_mb(), kMostMegabytes) << sql;
  }
  still_serves();
  EXPECT_LT(worker_.mapped_mb(), kRestMegabytes) << "what was freed is still mapped";
}

constexpr auto kForbidden =
    std::to_array<const char*>({"SELECT * FROM read_csv('/etc/passwd')",
                                "SELECT * FROM read_text('/proc/self/environ')",
                                "SELECT * FROM read_blob('../*/data.duckdb')",
                                "SELECT * FROM '/etc/passwd'",
                                "SELECT * FROM 'uploads/x.csv'",
                                "SELECT * FROM sniff_csv('/etc/passwd')",
                                "SELECT * FROM parquet_metadata('x')",
                                "SELECT * FROM glob('/*')",
                                "FROM read_csv_auto('https://example.com/x.csv')",
                                "COPY (SELECT 1) TO 'x.csv'",
                                "EXPLAIN ANALYZE COPY (SELECT 1) TO 'x.csv'",
                                "ATTACH '/tmp/other.db'",
                                "ATTACH ':memory:' AS m",
                                "EXPORT DATABASE 'x'",
                                "INSTALL httpfs",
                                "LOAD httpfs",
                                "SET threads=64",
                                "RESET memory_limit",
                                "PRAGMA database_list",
                                "PRAGMA enable_profiling",
                                "CALL enable_logging()",
                                "CREATE TABLE t(a INT)",
                                "CREATE TEMP TABLE t(a INT)",
                                "CREATE MACRO f() AS 1",
                                "CHECKPOINT",
                                "CREATE SECRET s (TYPE S3)",
                                "BEGIN",
                                "USE memory",
                                "SELECT 1; SELECT 2",
                                "",
                                "SELECT * FROM duckdb_settings()",
                                "SELECT * FROM duckdb_databases()",
                                "FROM pragma_version()",
                                "SELECT * FROM duckdb_tables",
                                "SELECT * FROM information_schema.tables",
                                "SELECT * FROM sqlite_master",
                                "SELECT * FROM pg_catalog.pg_class",
                                "SHOW DATABASES",
                                "SELECT current_setting('temp_directory')",
                                "SELECT * FROM query('SELECT 1')",
                                "SELECT * FROM query_table('x')",
                                "SELECT * FROM redline.catalogue",
                                "SELECT (SELECT count(*) FROM read_text('/etc/passwd'))",
                                "WITH a AS (SELECT * FROM glob('*')) SELECT * FROM a",
                                "SELECT 1 UNION ALL SELECT count(*) FROM read_csv('/etc/passwd')",
                                "DESCRIBE SELECT * FROM read_csv('/etc/passwd')",
                                "SUMMARIZE '/etc/passwd'",
                                "PREPARE p AS SELECT 1",
                                "DELETE FROM redline.catalogue",
                                "VACUUM",
                                "-- nothing"});

// D30, D33, D35, D36, D39: no file, no catalogue, no other database, no second statement.
TEST_F(Hostile, StatementsBeyondReadingOnesOwnTablesAreRefused) {
  for (const char* sql : kForbidden) {
    const auto answer = worker_.query(sql);
    ASSERT_TRUE(answer.failed) << sql << ": " << answer.body;
    const bool refused = answer.error.reason == "statement_not_allowed" ||
                         answer.error.reason == "sql_error" ||
                         answer.error.reason == "invalid_request";
    EXPECT_TRUE(refused) << sql << ": " << answer.error.reason;
    EXPECT_EQ((answer.error.message + answer.body).find(folder_.path()), std::string::npos) << sql;
  }
  still_serves();
}

TEST_F(Hostile, DeepAndWideStatementsAreRefusedCleanly) {
  const auto repeated = [](std::string_view text, int times) {
    std::string out;
    for (int count = 0; count < times; ++count) out += text;
    return out;
  };
  for (const std::string& sql :
       {"SELECT " + repeated("(", 20'000) + "1" + repeated(")", 20'000),
        "SELECT 1" + repeated("+1", 50'000), "SELECT " + repeated("[", 5000) + repeated("]", 5000),
        "SELECT " + repeated("NOT ", 20'000) + "true", std::string(900'000, '(')}) {
    const auto answer = worker_.query(sql);
    ASSERT_FALSE(answer.lost);
    EXPECT_TRUE(answer.failed);
  }
  still_serves();
}

TEST_F(Hostile, TheEnvironmentIsNotInherited) {
  std::ifstream environment("/proc/" + std::to_string(worker_.pid()) + "/environ");
  const std::string bytes{std::istreambuf_iterator<char>(environment), {}};
  const auto answer = worker_.query("SELECT getenv('SECRET_TOKEN')");
  EXPECT_TRUE(answer.failed);
  EXPECT_EQ(answer.error.message.find("do-not-leak"), std::string::npos);
}

TEST_F(Hostile, AClientThatTakesNothingStopsTheQueryNotTheMemory) {
  worker_.send(
      FrameType::query, 900,
      R"q({"sql":"SELECT i, repeat('x', 100) FROM range(100000000) t(i)","max_rows":1000000,"timeout_ms":700})q");
  std::size_t bytes = 0;
  while (true) {
    const auto frame = worker_.receive();
    ASSERT_TRUE(frame);
    if (frame->type == FrameType::data) bytes += frame->payload.size();
    if (frame->type != FrameType::failed) continue;
    EXPECT_EQ(wire::decode_error(frame->payload).reason, "query_timeout");
    break;
  }
  EXPECT_EQ(bytes, wire::kInitialCredit);
  still_serves();
  if (base::kHasShadowMemory) GTEST_SKIP() << kNoMemoryLimit;
  EXPECT_LT(worker_.peak_mb(), kMostMegabytes);
}

TEST_F(Hostile, CancelEndsARunningQuery) {
  worker_.send(
      FrameType::query, 901,
      R"q({"sql":"SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c"})q");
  worker_.send(FrameType::cancel, 901, "{}");
  EXPECT_EQ(worker_.gather(901).error.reason, "cancelled");
  still_serves();
}

TEST_F(Hostile, MoreThanEightAtATimeAreTurnedAway) {
  for (std::uint32_t number = 100; number < 110; ++number)
    worker_.send(
        FrameType::query, number,
        R"q({"sql":"SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c","timeout_ms":1500})q");
  int turned_away = 0;
  for (int answers = 0; answers < 10; ++answers) {
    const auto frame = worker_.receive();
    ASSERT_TRUE(frame);
    ASSERT_EQ(frame->type, FrameType::failed);
    if (wire::decode_error(frame->payload).reason == "too_many_queries") ++turned_away;
  }
  EXPECT_EQ(turned_away, 2);
}

TEST_F(Hostile, HangingUpEndsTheProcessWhateverItDoes) {
  worker_.send(
      FrameType::query, 1,
      R"q({"sql":"SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c"})q");
  EXPECT_EQ(worker_.hang_up(), wire::kExitClean);
}

TEST_F(Hostile, AFrameThatMakesNoSenseEndsTheProcess) {
  worker_.send(FrameType::ready, 1, "{}");
  EXPECT_FALSE(worker_.receive());
  EXPECT_EQ(worker_.hang_up(), wire::kExitProtocol);
}

TEST(WorkerStart, AMissingFolderIsRefused) {
  TemporaryFolder folder;
  RunningWorker worker(folder.path() + "/workspace");
  ASSERT_TRUE(worker.is_ready());
  std::filesystem::remove_all(folder.path() + "/workspace");
  RunningWorker second(folder.path() + "/a\\u0000b");
  EXPECT_FALSE(second.is_ready());
}

TEST(StatementGate, ExplainIsJudgedByWhatItExplains) {
  EXPECT_EQ(explained_statement(" /* x */ EXPLAIN ANALYZE -- y\n SELECT 1"), "SELECT 1");
  EXPECT_EQ(explained_statement("explain COPY t TO 'x'"), "COPY t TO 'x'");
  EXPECT_EQ(explained_statement("SELECT 1"), "SELECT 1");
  EXPECT_EQ(explained_statement("EXPLAINED"), "EXPLAINED");
}

TEST_F(Hostile, MistakesPointAtTheirPlace) {
  const auto answer = worker_.query("SELECT nope");
  EXPECT_EQ(answer.error.reason, "sql_error");
  ASSERT_EQ(answer.error.members.size(), 1U) << answer.error.message;
  EXPECT_EQ(answer.error.members[0].name, "position");
  EXPECT_EQ(answer.error.members[0].json, "7");
  const auto syntax = worker_.query("SELECT 1 FRM x y");
  ASSERT_EQ(syntax.error.members.size(), 1U);
}

TEST_F(Hostile, ValuesKeepTheirMeaningAsJson) {
  const auto answer = worker_.query(
      "SELECT 9007199254740993 AS big, 12 AS small, 2.50::DECIMAL(10,2) AS money, 'NaN'::DOUBLE AS "
      "nan, 'inf'::DOUBLE AS inf, TIMESTAMP '2024-01-02 03:04:05' AS at, NULL AS none, [1.5, NULL] "
      "AS "
      "list, {'a': 'q\"'} AS pair, DATE '2024-02-29' AS day, -5::HUGEINT AS huge");
  // D56: NaN and infinities never reach JSON.
  EXPECT_NE(answer.body.find("\"data\":[[\"9007199254740993\",12,\"2.50\",null,null,"
                             "\"2024-01-02T03:04:05.000Z\",null,[\"1.5\",null],{\"a\":\"q\\\"\"},"
                             "\"2024-02-29\",\"-5\"]]"),
            std::string::npos)
      << answer.body << answer.error.message;
}

}  // namespace
}  // namespace worker
