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

// Writes 1, 2, 3 … and tells each acknowledged number to `pipe`; never returns.
[[noreturn]] void write_until_killed(const std::string& path, int pipe) {
  auto database = std::move(Database::open({.path = path}).value());
  for (std::int64_t id = 1;; ++id) {
    const auto done = block_on(database->write_operator<bool>([id](OperatorTx& tx) -> Result<bool> {
      tx.prepare("INSERT INTO pairs (id, half) VALUES ($1, 1)").bind(1, id).run();
      tx.prepare("INSERT INTO pairs (id, half) VALUES ($1, 2)").bind(1, id).run();
      return true;
    }));
    if (!done || ::write(pipe, &id, sizeof id) != sizeof id) ::_exit(1);
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
    EXPECT_LE(kept->second, acknowledged + 1);
    EXPECT_EQ(kept->first, 2 * kept->second);
    before = kept->second;
  }
  EXPECT_GT(before, 0);
}

}  // namespace
}  // namespace sql
