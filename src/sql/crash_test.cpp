// Pulls the plug: a child process writes and is killed; what it was told is there must be there.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <gtest/gtest.h>

#include "sql/temp_database.hpp"

namespace sql {
namespace {

using base::block_on;
using base::Result;

constexpr std::int64_t kPairs = 8;  // sent at once

Result<bool> insert_pair(OperatorTx& tx, std::int64_t id) {
  tx.prepare("INSERT INTO pairs (id, half) VALUES ($1, 1)").bind(1, id).run();
  tx.prepare("INSERT INTO pairs (id, half) VALUES ($1, 2)").bind(1, id).run();
  return true;
}

base::Task<void> insert_or_end(Database& database, std::int64_t id, std::int64_t& left) {
  const auto done =
      co_await database.write_operator<bool>([id](OperatorTx& tx) { return insert_pair(tx, id); });
  if (!done) ::_exit(1);
  --left;
}

// Writes a half of a pair below zero and is refused then.
base::Task<void> be_refused(Database& database, std::int64_t id, std::int64_t& left) {
  const auto done = co_await database.write_operator<bool>([id](OperatorTx& tx) -> Result<bool> {
    tx.prepare("INSERT INTO pairs (id, half) VALUES ($1, 1)").bind(1, -id).run();
    return base::fail(base::ErrorCode::conflict, "no", "No.");
  });
  if (done) ::_exit(1);
  --left;
}

// Writes 1, 2, 3 … in groups of which every other has a command that is refused in its middle, and
// tells the last number of each acknowledged group to `pipe`; never returns.
[[noreturn]] void write_until_killed(const std::string& path, int pipe) {
  auto database = std::move(Database::open({.path = path}).value());
  base::ManualExecutor here;
  const base::ExecutorScope scope(here);
  for (std::int64_t last = 0;; last += kPairs) {
    std::int64_t left = kPairs;
    for (std::int64_t i = 1; i <= kPairs; ++i) {
      base::start(insert_or_end(*database, last + i, left));
      if (i != kPairs / 2 || last / kPairs % 2 == 0) continue;
      ++left;
      base::start(be_refused(*database, last + i, left));
    }
    while (left > 0) here.run_one();
    const auto told = last + kPairs;
    if (::write(pipe, &told, sizeof told) != sizeof told) ::_exit(1);
  }
}

TEST(Crash, EveryAcknowledgedCommandSurvivesKillNineAndNoneIsHalfThere) {
  TempDatabase temp;
  block_on((*temp).write_operator<bool>([](OperatorTx& tx) -> Result<bool> {
    tx.execute_schema("CREATE TABLE pairs (id BIGINT, half BIGINT, PRIMARY KEY (id, half))");
    return true;
  })).value();
  std::int64_t before = 0;
  for (int round = 0; round < 5; ++round) {
    block_on((*temp).write_operator<bool>([](OperatorTx& tx) -> Result<bool> {
      tx.prepare("DELETE FROM pairs").run();
      return true;
    })).value();
    temp.close();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) write_until_killed(temp.path(), ends[1]);
    ::close(ends[1]);
    std::int64_t acknowledged = 0;
    const auto target = 20 + round * 37;
    while (acknowledged < target)
      ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged),
                static_cast<ssize_t>(sizeof acknowledged));
    ::kill(child, SIGKILL);
    while (::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::close(ends[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    temp.reopen();
    const auto kept = block_on((*temp).read_operator<std::pair<std::int64_t, std::int64_t>>(
        [](OperatorTx& tx) -> Result<std::pair<std::int64_t, std::int64_t>> {
          auto row = tx.prepare("SELECT count(*), coalesce(max(id), 0) FROM pairs");
          row.step();
          return std::pair{row.integer(0), row.integer(1)};
        }));
    EXPECT_GE(kept->second, acknowledged);
    EXPECT_LE(kept->second, acknowledged + kPairs);
    // No half of a pair, and none of what was refused.
    EXPECT_EQ(kept->first, 2 * kept->second);
    before = kept->second;
  }
  EXPECT_GT(before, 0);
}

}  // namespace
}  // namespace sql
