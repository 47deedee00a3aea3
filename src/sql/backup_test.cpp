#include "sql/backup.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "sql/temp_database.hpp"

namespace sql {
namespace {

base::Result<bool> add_pair(OperatorTx& tx, std::int64_t number) {
  tx.prepare("INSERT INTO left_side (number) VALUES ($1)").bind(1, number).run();
  tx.prepare("INSERT INTO right_side (number) VALUES ($1)").bind(1, number).run();
  return true;
}

std::int64_t count(Database& database, const std::string& query) {
  return base::block_on(database.read_operator<std::int64_t>(
                            [&](OperatorTx& tx) -> base::Result<std::int64_t> {
                              auto row = tx.prepare(query);
                              row.step();
                              return row.integer(0);
                            }))
      .value();
}

// What is written together is copied together, whenever the copy is made.
TEST(Backup, CopiesOneInstantWhileOthersWrite) {
  TempDatabase temp;
  ASSERT_TRUE(base::block_on((*temp).write_operator<bool>([](OperatorTx& tx) -> base::Result<bool> {
    tx.execute_schema(
        "CREATE TABLE left_side (number BIGINT PRIMARY KEY);"
        "CREATE TABLE right_side (number BIGINT PRIMARY KEY);");
    return true;
  })));
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> written = 0;
  std::jthread writer([&] {
    for (std::int64_t i = 1; !stop; ++i) {
      const auto done = base::block_on(
          (*temp).write_operator<bool>([i](OperatorTx& tx) { return add_pair(tx, i); }));
      if (done) written = i;
    }
  });
  std::int64_t before = 0;
  for (int round = 0; round < 5; ++round) {
    while (written <= before) std::this_thread::yield();
    before = written;
    const auto path = temp.path() + ".copy" + std::to_string(round);
    const auto copied = copy_database(temp.path(), path);
    ASSERT_TRUE(copied.has_value()) << copied.error().message;
    const auto copy = std::move(Database::open({.path = path}).value());
    EXPECT_GE(count(*copy, "SELECT count(*) FROM left_side"), before);
    EXPECT_EQ(count(*copy, "SELECT count(*) FROM left_side"),
              count(*copy, "SELECT count(*) FROM left_side JOIN right_side USING (number)"));
    EXPECT_EQ(count(*copy, "SELECT count(*) FROM right_side"),
              count(*copy, "SELECT count(*) FROM left_side"));
  }
  stop = true;
}

TEST(Backup, NeverOverwritesAFileAndLeavesNothingWhenItFails) {
  TempDatabase temp;
  *temp;
  const auto path = temp.path() + ".copy";
  ASSERT_TRUE(copy_database(temp.path(), path).has_value());
  EXPECT_EQ(copy_database(temp.path(), path).error().code, base::ErrorCode::conflict);
  EXPECT_FALSE(copy_database(temp.path() + ".missing", path + "2").has_value());
  EXPECT_FALSE(std::filesystem::exists(path + "2"));
}

}  // namespace
}  // namespace sql
