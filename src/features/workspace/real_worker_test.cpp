// The service with the real worker: what the fake one promises must hold for it too.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <sstream>

#include "features/workspace/workspace_fixture.hpp"

namespace workspace {
namespace {

using wire::FrameType;

// 100 daily bars in a plain layout.
std::string prices(int rows) {
  std::string csv = "ticker,timestamp,open,high,low,close,vol\n";
  const auto first = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  for (int row = 0; row < rows; ++row) {
    const auto day = base::format_rfc3339(first + std::chrono::days{row}).substr(0, 10);
    csv += "ACME," + day + ",10,12,9,11," + std::to_string(1000 + row) + "\n";
  }
  return csv;
}

class RealWorkerTest : public WorkspaceTest {
 protected:
  RealWorkerTest() {
    options_.binary = RL_WORKER_PROCESS;
    options_.memory_mb = 1024;
    options_.threads = 1;
    options_.temp_mb = 64;
    options_.query_timeout_ms = 30'000;
  }
  Job import_text(Owner whose, std::string dataset, std::string text) {
    MemoryBody body({std::move(text)});
    const auto job = base::block_on(service().import(
        whose,
        {.dataset = std::move(dataset), .filename = "f.csv", .options = "{}", .content_length = {}},
        body));
    RL_CHECK(job.has_value(), job ? "" : job.error().reason);
    return finished(whose, job->id);
  }
  boost::json::value json(Owner whose, FrameType what, std::string arguments) {
    auto answer = base::block_on(service().read(whose, what, std::move(arguments)));
    RL_CHECK(answer.has_value(), answer ? "" : answer.error().reason + answer.error().detail);
    return boost::json::parse(base::block_on(read_stream(*answer->stream)));
  }
};

TEST_F(RealWorkerTest, FromAFileToBarsRowsSymbolsAndSql) {
  const auto whose = owner();
  const auto job = import_text(whose, "acme", prices(100));
  ASSERT_EQ(job.state, JobState::succeeded) << job.error;
  const auto detail =
      boost::json::parse(base::block_on(service().load_dataset(whose.account, "acme"))->detail);
  EXPECT_EQ(detail.at("rows").as_int64(), 100);
  const auto bars =
      json(whose, FrameType::bars, R"({"symbol":"ACME","interval":"1d","limit":5000})");
  EXPECT_EQ(bars.at("t").as_array().size(), 100U);
  const auto rows = json(whose, FrameType::rows, R"({"dataset":"acme","limit":60,"offset":0})");
  EXPECT_EQ(rows.at("data").as_array().size(), 60U);
  EXPECT_EQ(rows.at("next_cursor").as_string(), "60");
  const auto last = json(whose, FrameType::rows, R"({"dataset":"acme","limit":60,"offset":60})");
  EXPECT_EQ(last.at("data").as_array().size(), 40U);
  EXPECT_TRUE(last.at("next_cursor").is_null());
  const auto page = base::block_on(
      service().symbols(whose, {.text = "cm", .dataset = "", .limit = 50, .offset = 0}));
  ASSERT_TRUE(page.has_value()) << page.error().message;
  const auto symbols = boost::json::parse(*page);
  EXPECT_EQ(symbols.at_pointer("/data/0/rows").as_int64(), 100);
  EXPECT_TRUE(symbols.at("next_cursor").is_null());
  EXPECT_EQ(symbols.at_pointer("/data/0/symbol").as_string(), "ACME");
  auto answer = query(whose, "SELECT count(*) AS n FROM acme");
  ASSERT_TRUE(answer.has_value()) << answer.error().message << answer.error().detail;
  const auto result = boost::json::parse(base::block_on(read_stream(*answer->stream)));
  EXPECT_EQ(result.at_pointer("/data/0/0").as_int64(), 100);
}

TEST_F(RealWorkerTest, TheCatalogueComesBackFromTheFileAfterARestart) {
  const auto whose = owner();
  ASSERT_EQ(import_text(whose, "acme", prices(10)).state, JobState::succeeded);
  service_.reset();
  const auto emptied = base::block_on(
      (*database_).write<void>(whose.account, [](sql::AccountTx& tx) -> base::Result<void> {
        remove_dataset(tx, "acme");
        return {};
      }));
  ASSERT_TRUE(emptied.has_value());
  service().warm(whose.account);
  while (base::block_on(service().list_datasets(whose.account))->empty()) std::this_thread::yield();
  EXPECT_TRUE(base::block_on(service().load_dataset(whose.account, "acme")).has_value());
}

TEST_F(RealWorkerTest, AWebPageIsRefusedInWords) {
  const auto job = import_text(owner(), "page", "<!DOCTYPE html><html><body>no</body></html>");
  EXPECT_EQ(job.state, JobState::failed);
  EXPECT_NE(job.error.find("reason"), std::string::npos) << job.error;
}

// D35: a user's SQL read the server's environment and files.
TEST_F(RealWorkerTest, HostileSqlHurtsNobodyButItself) {
  const auto hostile = owner();
  const auto peaceful = owner();
  ASSERT_EQ(import_text(peaceful, "acme", prices(10)).state, JobState::succeeded);
  for (const auto* sql :
       {"SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_csv('/proc/self/environ')",
        "COPY (SELECT 1) TO '/tmp/x.csv'", "ATTACH '/tmp/x.duckdb'", "INSTALL httpfs",
        "SELECT len(range(400000000))", "SELECT repeat('x', 3000000000)", "nonsense"}) {
    WorkspaceService::Query wanted;
    wanted.sql = sql;
    wanted.timeout_ms = 3'000;
    const auto answer = base::block_on(service().query(hostile, std::move(wanted)));
    EXPECT_FALSE(answer.has_value()) << sql;
    if (!answer)
      EXPECT_EQ(answer.error().message.find("/workspaces"), std::string::npos)
          << answer.error().message;
  }
  auto beside = query(peaceful, "SELECT count(*) FROM acme");
  ASSERT_TRUE(beside.has_value());
  EXPECT_NE(base::block_on(read_stream(*beside->stream)).find("10"), std::string::npos);
  auto again = query(hostile, "SELECT 42");
  ASSERT_TRUE(again.has_value()) << again.error().reason << again.error().detail;
}

TEST_F(RealWorkerTest, AnEndlessQueryIsOverSoonAfterItsDeadline) {
  const auto whose = owner();
  WorkspaceService::Query endless;
  endless.sql = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b";
  endless.timeout_ms = 500;
  const auto answer = base::block_on(service().query(whose, std::move(endless)));
  ASSERT_FALSE(answer.has_value());
  EXPECT_TRUE(answer.error().reason == "query_timeout" ||
              answer.error().reason == "statement_not_allowed")
      << answer.error().reason;
  EXPECT_TRUE(query(whose, "SELECT 1").has_value());
}

TEST_F(RealWorkerTest, AnInterruptedQueryEndsAndItsWorkerLives) {
  const auto whose = owner();
  ASSERT_EQ(import_text(whose, "acme", prices(100)).state, JobState::succeeded);
  const auto id = base::format_id("qry_", base::make_id_bits(clock_.now(), random_));
  std::thread other([&] {
    while (!service().interrupt(whose.account, id)) std::this_thread::yield();
  });
  const auto answer = query(whose,
                            "SELECT sum(a.close * b.close * c.close * d.close * e.close) FROM acme "
                            "a, acme b, acme c, acme d, acme e",
                            id);
  other.join();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().reason, "query_cancelled");
  EXPECT_TRUE(query(whose, "SELECT 1").has_value());
  EXPECT_EQ(service().health().killed_total, 0U);
}

}  // namespace
}  // namespace workspace
