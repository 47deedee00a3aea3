#include "sql/database.hpp"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "sql/temp_database.hpp"

namespace sql {
namespace {

using base::block_on;
using base::Result;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<bool> create_tables(OperatorTx& tx) {
  tx.execute_schema(
      "CREATE TABLE rows (id BIGINT PRIMARY KEY, account_id TEXT NOT NULL, body BLOB);"
      "CREATE TABLE parents (id BIGINT PRIMARY KEY);"
      "CREATE TABLE children (parent BIGINT NOT NULL REFERENCES parents (id)"
      " DEFERRABLE INITIALLY DEFERRED)");
  return true;
}

Result<std::int64_t> insert_row(OperatorTx& tx, std::int64_t id) {
  return tx.prepare("INSERT INTO rows (id, account_id) VALUES ($1, 'a')").bind(1, id).run();
}

Result<std::vector<std::int64_t>> load_ids(OperatorTx& tx) {
  std::vector<std::int64_t> ids;
  auto rows = tx.prepare("SELECT id FROM rows ORDER BY id");
  while (rows.step()) ids.push_back(rows.integer(0));
  return ids;
}

std::vector<std::int64_t> ids_in(Database& database) {
  return block_on(database.read_operator<std::vector<std::int64_t>>(load_ids)).value();
}

base::Task<Result<std::int64_t>> insert(Database& database, std::int64_t id) {
  return database.write_operator<std::int64_t>([id](OperatorTx& tx) { return insert_row(tx, id); });
}

// Holds the writer's thread until opened, so that what is submitted meanwhile is one group.
class Gate {
 public:
  explicit Gate(Database& database) : database_(database) {
    base::start(hold());
    entered_.get_future().wait();
  }
  // After open(): the held command's coroutine ends here.
  ~Gate() { executor_.run_one(); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  void open() { opened_.set_value(); }

 private:
  base::Task<void> hold() {
    const base::ExecutorScope scope(executor_);
    auto held = co_await database_.write_operator<bool>([this](OperatorTx&) -> Result<bool> {
      entered_.set_value();
      opened_.get_future().wait();
      return true;
    });
    EXPECT_TRUE(held.has_value());
  }
  Database& database_;
  base::ManualExecutor executor_;
  std::promise<void> entered_;
  std::promise<void> opened_;
};

// Several commands in flight on one thread; each result is put where it belongs.
class Group {
 public:
  void add(base::Task<Result<std::int64_t>> task) {
    const base::ExecutorScope scope(executor_);
    outcomes_.emplace_back();
    base::start(collect(std::move(task), outcomes_.size() - 1));
  }
  std::vector<std::optional<Result<std::int64_t>>>& wait() {
    while (done_ < outcomes_.size()) executor_.run_one();
    return outcomes_;
  }
  [[nodiscard]] std::size_t done() const { return done_; }

 private:
  base::Task<void> collect(base::Task<Result<std::int64_t>> task, std::size_t slot) {
    auto outcome = co_await std::move(task);
    outcomes_[slot] = std::move(outcome);
    ++done_;
  }
  base::ManualExecutor executor_;
  std::vector<std::optional<Result<std::int64_t>>> outcomes_;
  std::size_t done_ = 0;
};

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() { block_on((*temp_).write_operator<bool>(create_tables)).value(); }
  TempDatabase temp_{DatabaseOptions{.path = "", .readers = 2, .max_queue = 8}};
};

TEST_F(DatabaseTest, ACallerResumesOnlyAfterItsRowIsInTheFile) {
  for (std::int64_t id = 1; id <= 20; ++id) {
    ASSERT_TRUE(block_on(insert(*temp_, id)).has_value());
    auto other = temp_.open_another();
    EXPECT_EQ(ids_in(*other).back(), id);
  }
}

TEST_F(DatabaseTest, AReadSeesEverythingAcknowledgedBefore) {
  for (std::int64_t id = 1; id <= 200; ++id) {
    ASSERT_TRUE(block_on(insert(*temp_, id)).has_value());
    ASSERT_EQ(ids_in(*temp_).size(), static_cast<std::size_t>(id));
  }
}

TEST_F(DatabaseTest, CommandsOfOneGroupRunInTheOrderTheyWereSubmitted) {
  Gate gate(*temp_);
  Group group;
  std::vector<int> order;
  for (int i = 0; i < 6; ++i) {
    group.add(
        (*temp_).write_operator<std::int64_t>([&order, i](OperatorTx&) -> Result<std::int64_t> {
          order.push_back(i);
          return i;
        }));
  }
  EXPECT_EQ(group.done(), 0U);
  gate.open();
  group.wait();
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(DatabaseTest, ARefusingOrThrowingCommandLeavesNothingAndDoesNotTouchItsGroup) {
  Gate gate(*temp_);
  Group group;
  group.add(insert(*temp_, 1));
  group.add((*temp_).write_operator<std::int64_t>([](OperatorTx& tx) -> Result<std::int64_t> {
    (void)insert_row(tx, 2);
    return base::fail(base::ErrorCode::conflict, "taken", "That is taken.");
  }));
  group.add((*temp_).write_operator<std::int64_t>([](OperatorTx& tx) -> Result<std::int64_t> {
    (void)insert_row(tx, 3);
    throw std::runtime_error("the disk sang");
  }));
  group.add((*temp_).write_operator<std::int64_t>([](OperatorTx& tx) -> Result<std::int64_t> {
    (void)insert_row(tx, 4);
    return insert_row(tx, 4);  // breaks the primary key
  }));
  group.add(insert(*temp_, 5));
  gate.open();
  auto& outcomes = group.wait();
  EXPECT_TRUE(outcomes[0]->has_value());
  EXPECT_EQ(outcomes[1]->error().reason, "taken");
  EXPECT_EQ(outcomes[2]->error().code, base::ErrorCode::internal);
  EXPECT_THAT(outcomes[2]->error().detail, HasSubstr("the disk sang"));
  EXPECT_EQ(outcomes[3]->error().code, base::ErrorCode::internal);
  EXPECT_TRUE(outcomes[4]->has_value());
  EXPECT_THAT(ids_in(*temp_), ElementsAre(1, 5));
}

// How often each command of a group of three runs; the one in the middle does as it is told.
std::vector<int> count_runs(Database& database,
                            const std::function<Result<std::int64_t>(OperatorTx&)>& middle) {
  Gate gate(database);
  Group group;
  std::vector<int> runs(3);
  for (std::size_t i = 0; i < runs.size(); ++i)
    group.add(database.write_operator<std::int64_t>([&, i](OperatorTx& tx) -> Result<std::int64_t> {
      ++runs[i];
      return i == 1 ? middle(tx) : insert_row(tx, 10 + runs[i]);
    }));
  gate.open();
  const auto& outcomes = group.wait();
  EXPECT_TRUE(outcomes[0]->has_value());
  EXPECT_FALSE(outcomes[1]->has_value());
  return runs;
}

Result<std::int64_t> refuse() { return base::fail(base::ErrorCode::conflict, "no", "No."); }

TEST_F(DatabaseTest, ACommandThatIsRefusedBeforeItWritesRunsNobodyTwice) {
  const auto runs = count_runs(*temp_, [](OperatorTx& tx) {
    (void)load_ids(tx);
    return refuse();
  });
  // Both neighbours insert the row 11: the second breaks the primary key, and has written nothing.
  EXPECT_THAT(runs, ElementsAre(1, 1, 1));
  EXPECT_THAT(ids_in(*temp_), ElementsAre(11));
}

TEST_F(DatabaseTest, OneThatIsRefusedAfterItWroteIsTakenBackAndTheGroupRunsAgain) {
  const auto runs = count_runs(*temp_, [](OperatorTx& tx) {
    (void)insert_row(tx, 5);
    return refuse();
  });
  EXPECT_THAT(runs, ElementsAre(2, 2, 1));
  // Of the first run nothing is left, neither of the refused command nor of the others.
  EXPECT_THAT(ids_in(*temp_), ElementsAre(11, 12));
}

TEST_F(DatabaseTest, ATableMadeByARefusedCommandIsTakenBack) {
  const auto runs = count_runs(*temp_, [](OperatorTx& tx) {
    tx.execute_schema("CREATE TABLE half_made (id BIGINT PRIMARY KEY)");
    return refuse();
  });
  EXPECT_THAT(runs, ElementsAre(2, 2, 1));
  const auto left =
      block_on((*temp_).read_operator<std::int64_t>([](OperatorTx& tx) -> Result<std::int64_t> {
        auto row = tx.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'half_made'");
        return row.step() ? row.integer(0) : -1;
      }));
  EXPECT_EQ(left.value(), 0);
}

TEST_F(DatabaseTest, HooksOfAGroupThatRanTwiceAreCalledOnce) {
  Gate gate(*temp_);
  Group group;
  std::vector<int> calls;
  group.add((*temp_).write_operator<std::int64_t>([&calls](OperatorTx& tx) {
    tx.after_commit([&calls] { calls.push_back(1); });
    return insert_row(tx, 1);
  }));
  group.add((*temp_).write_operator<std::int64_t>([&calls](OperatorTx& tx) -> Result<std::int64_t> {
    tx.after_commit([&calls] { calls.push_back(2); });
    (void)insert_row(tx, 2);
    return refuse();
  }));
  gate.open();
  group.wait();
  EXPECT_THAT(calls, ElementsAre(1));
  EXPECT_THAT(ids_in(*temp_), ElementsAre(1));
}

TEST_F(DatabaseTest, WhenTheCommitFailsEveryCallerOfTheGroupHearsIt) {
  Gate gate(*temp_);
  Group group;
  group.add(insert(*temp_, 1));
  group.add((*temp_).write_operator<std::int64_t>([](OperatorTx& tx) -> Result<std::int64_t> {
    return tx.prepare("INSERT INTO children (parent) VALUES (77)").run();
  }));
  group.add(insert(*temp_, 2));
  gate.open();
  for (auto& outcome : group.wait()) {
    ASSERT_FALSE(outcome->has_value());
    EXPECT_EQ(outcome->error().code, base::ErrorCode::internal);
  }
  EXPECT_TRUE(ids_in(*temp_).empty());
  EXPECT_FALSE((*temp_).health().ok);
  // The lane goes on.
  EXPECT_TRUE(block_on(insert(*temp_, 3)).has_value());
  EXPECT_TRUE((*temp_).health().ok);
}

TEST_F(DatabaseTest, AfterCommitHooksRunOnceForWhatWasKeptAndNeverForWhatWasNot) {
  std::vector<std::string> calls;
  const auto work = [&calls](bool keep) {
    return [&calls, keep](OperatorTx& tx) -> Result<std::int64_t> {
      tx.after_commit([&calls, keep] { calls.push_back(keep ? "kept" : "dropped"); });
      if (keep) return 1;
      return base::fail(base::ErrorCode::conflict, "no", "No.");
    };
  };
  ASSERT_TRUE(block_on((*temp_).write_operator<std::int64_t>(work(true))).has_value());
  ASSERT_FALSE(block_on((*temp_).write_operator<std::int64_t>(work(false))).has_value());
  EXPECT_THAT(calls, ElementsAre("kept"));
}

TEST_F(DatabaseTest, AFullQueueAnswersOverloadedAndTakesNothing) {
  Gate gate(*temp_);
  Group group;
  for (std::int64_t id = 1; id <= 12; ++id) group.add(insert(*temp_, id));
  EXPECT_EQ(group.done(), 4U);
  EXPECT_EQ((*temp_).health().queued, 8U);
  gate.open();
  auto& outcomes = group.wait();
  for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(outcomes[i]->has_value());
  for (std::size_t i = 8; i < 12; ++i) {
    EXPECT_EQ(outcomes[i]->error().code, base::ErrorCode::overloaded);
    EXPECT_EQ(outcomes[i]->error().reason, "overloaded");
  }
  EXPECT_THAT(ids_in(*temp_), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(DatabaseTest, ClosingFinishesWhatWasQueued) {
  Group group;
  for (std::int64_t id = 1; id <= 5; ++id) group.add(insert(*temp_, id));
  temp_.close();
  for (auto& outcome : group.wait()) EXPECT_TRUE(outcome->has_value());
  EXPECT_EQ(ids_in(*temp_).size(), 5U);
}

TEST_F(DatabaseTest, AReaderCannotWrite) {
  const auto outcome = block_on(
      (*temp_).read_operator<std::int64_t>([](OperatorTx& tx) { return insert_row(tx, 1); }));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_TRUE(ids_in(*temp_).empty());
}

// D39: one account's statement cannot reach another's rows.
TEST_F(DatabaseTest, AnAccountTransactionSeesOnlyItsOwnRows) {
  base::SeededRandom random(7);
  const auto mine = base::AccountId::make({}, random);
  const auto other = base::AccountId::make({}, random);
  for (const auto& [id, account] : {std::pair{1, mine}, std::pair{2, other}}) {
    const auto written = block_on((*temp_).write<std::int64_t>(
        account, [row = std::int64_t{id}](AccountTx& tx) -> Result<std::int64_t> {
          return tx.prepare("INSERT INTO rows (account_id, id) VALUES ($1, $2)").bind(2, row).run();
        }));
    ASSERT_EQ(written.value(), 1);
  }
  const auto seen =
      block_on((*temp_).read<std::int64_t>(mine, [](AccountTx& tx) -> Result<std::int64_t> {
        auto row = tx.prepare("SELECT sum(id) FROM rows WHERE account_id = $1");
        row.step();
        return row.integer(0);
      }));
  EXPECT_EQ(seen.value(), 1);
}

TEST_F(DatabaseTest, ValuesComeBackAsTheyWereBound) {
  const std::array<std::byte, 3> bytes{std::byte{0}, std::byte{255}, std::byte{7}};
  const auto kept = block_on((*temp_).write_operator<bool>([&](OperatorTx& tx) -> Result<bool> {
    tx.prepare("INSERT INTO rows (id, account_id, body) VALUES ($3, $1, $2)")
        .bind(1, std::string_view{})
        .bind(2, bytes)
        .bind(3, std::numeric_limits<std::int64_t>::min())
        .run();
    auto row = tx.prepare("SELECT id, account_id, body, NULL FROM rows");
    row.step();
    return row.integer(0) == std::numeric_limits<std::int64_t>::min() && row.text(1).empty() &&
           !row.is_null(1) && std::ranges::equal(row.blob(2), bytes) && row.is_null(3);
  }));
  EXPECT_TRUE(kept.value());
}

TEST_F(DatabaseTest, TheSameStatementMayBeUsedTwiceAtOnce) {
  for (std::int64_t id = 1; id <= 3; ++id) ASSERT_TRUE(block_on(insert(*temp_, id)).has_value());
  const auto pairs = block_on((*temp_).read_operator<int>([](OperatorTx& tx) -> Result<int> {
    int count = 0;
    auto first = tx.prepare("SELECT id FROM rows WHERE id > $1");
    first.bind(1, std::int64_t{0});
    while (first.step()) {
      auto second = tx.prepare("SELECT id FROM rows WHERE id > $1");
      second.bind(1, first.integer(0));
      while (second.step()) ++count;
    }
    return count;
  }));
  EXPECT_EQ(pairs.value(), 3);
}

TEST(DatabaseOpen, AFileThatIsNoDatabaseIsAnErrorNotACrash) {
  TempDatabase temp;
  std::FILE* file = std::fopen(temp.path().c_str(), "w");
  std::fputs(std::string(8192, 'x').c_str(), file);
  std::fclose(file);
  const auto opened = Database::open({.path = temp.path()});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, base::ErrorCode::internal);
}

// What a savepoint can take back is larger than what is kept of it in memory, and it still can.
TEST_F(DatabaseTest, ACommandMayChangeManyPagesAndStillBeTakenBack) {
  auto& database = *temp_;
  constexpr std::int64_t kRows = 8'000;
  const auto fill = [](OperatorTx& tx) -> Result<bool> {
    for (std::int64_t id = 0; id < kRows; ++id)
      tx.prepare("INSERT INTO rows (id, account_id, body) VALUES ($1, 'a', zeroblob(3500))")
          .bind(1, id)
          .run();
    return true;
  };
  ASSERT_TRUE(block_on(database.write_operator<bool>(fill)).has_value());
  const auto rename = [](OperatorTx& tx, const char* name) {
    return tx.prepare("UPDATE rows SET account_id = $1").bind(1, name).run();
  };
  const auto kept = block_on(database.write_operator<std::int64_t>(
      [&](OperatorTx& tx) -> Result<std::int64_t> { return rename(tx, "b"); }));
  ASSERT_TRUE(kept.has_value()) << kept.error().message;
  EXPECT_EQ(*kept, kRows);
  const auto refused =
      block_on(database.write_operator<std::int64_t>([&](OperatorTx& tx) -> Result<std::int64_t> {
        rename(tx, "c");
        return base::fail(base::ErrorCode::invalid, "no", "changed its mind");
      }));
  EXPECT_FALSE(refused.has_value());
  const auto after =
      block_on(database.read_operator<std::int64_t>([](OperatorTx& tx) -> Result<std::int64_t> {
        auto row = tx.prepare("SELECT count(*) FROM rows WHERE account_id = 'b'");
        return row.step() ? row.integer(0) : 0;
      }));
  EXPECT_EQ(*after, kRows);
}

// Counts how often it was asked since it was made anew.
struct Remembered {
  int asked = 0;
};

Result<std::int64_t> ask(OperatorTx& tx) { return ++tx.memory<Remembered>().asked; }

std::int64_t ask_again(Database& database) {
  return block_on(database.write_operator<std::int64_t>(ask)).value();
}

TEST(Database, WhatAConnectionRemembersEndsWithARefusalAndWithAnothersCommit) {
  TempDatabase temp;
  ASSERT_TRUE(block_on((*temp).write_operator<bool>(create_tables)).has_value());
  EXPECT_EQ(ask_again(*temp), 1);
  ASSERT_TRUE(block_on(insert(*temp, 1)).has_value());
  EXPECT_EQ(ask_again(*temp), 2);
  const auto refused = block_on(
      (*temp).write_operator<std::int64_t>([](OperatorTx& tx) -> base::Result<std::int64_t> {
        (void)ask(tx);
        return base::fail(base::ErrorCode::conflict, "no", "No.");
      }));
  EXPECT_FALSE(refused.has_value());
  EXPECT_EQ(ask_again(*temp), 1);
  EXPECT_EQ(ask_again(*temp), 2);
  ASSERT_TRUE(block_on(insert(*temp.open_another(), 2)).has_value());
  EXPECT_EQ(ask_again(*temp), 1);
  EXPECT_EQ(ask_again(*temp), 2);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(block_on((*temp).read_operator<std::int64_t>(ask)).value(), 1);
}

TEST(Database, WhatWasRememberedOfAGroupThatCouldNotBeCommittedIsForgotten) {
  TempDatabase temp;
  ASSERT_TRUE(block_on((*temp).write_operator<bool>(create_tables)).has_value());
  EXPECT_EQ(ask_again(*temp), 1);
  const auto failed = block_on((*temp).write_operator<std::int64_t>([](OperatorTx& tx) {
    tx.prepare("INSERT INTO children (parent) VALUES (7)").run();
    return ask(tx);
  }));
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(ask_again(*temp), 1);
}

}  // namespace
}  // namespace sql
