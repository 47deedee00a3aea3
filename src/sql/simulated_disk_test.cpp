// The plug is pulled at every single write and sync of a small history; SQLite runs unchanged.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sql/simulated_file.hpp"
#include "sql/stepped_database.hpp"

namespace sql {
namespace {

using base::Result;

class Machine {
 public:
  explicit Machine(std::uint64_t seed) : random_(seed) {}
  // False when the disk has no power for it.
  bool start() {
    try {
      database_.emplace(DatabaseOptions{.path = "/store.db"}, disk_, 8);
      return true;
    } catch (const SqlError&) {
      return false;
    }
  }
  void stop() {
    if (database_)
      while (database_->waits()) database_->step(100);
    database_.reset();
  }
  // Both rows or none; true when it was acknowledged.
  bool insert_pair(std::int64_t id) {
    return write([id](OperatorTx& tx) -> Result<bool> {
      tx.prepare("INSERT INTO pairs (id, half) VALUES ($1, 1)").bind(1, id).run();
      tx.prepare("INSERT INTO pairs (id, half) VALUES ($1, 2)").bind(1, id).run();
      return true;
    });
  }
  bool make_table() {
    return write([](OperatorTx& tx) -> Result<bool> {
      tx.execute_schema(
          "CREATE TABLE IF NOT EXISTS pairs (id BIGINT, half BIGINT, PRIMARY KEY (id, half))");
      return true;
    });
  }
  std::pair<std::int64_t, std::int64_t> count_and_largest() {
    auto row = database_->inspector().prepare("SELECT count(*), coalesce(max(id), 0) FROM pairs");
    row.step();
    return {row.integer(0), row.integer(1)};
  }
  SimulatedDisk& disk() { return disk_; }
  base::SeededRandom& random() { return random_; }

 private:
  using Work = std::move_only_function<Result<bool>(OperatorTx&)>;
  static base::Task<void> carry_out(Database& database, Work work, bool& acknowledged) {
    const auto done = co_await database.write_operator<bool>(std::move(work));
    acknowledged = done.has_value();
  }
  bool write(Work work) {
    bool acknowledged = false;
    base::ManualExecutor executor;
    {
      const base::ExecutorScope scope(executor);
      base::start(carry_out(*database_, std::move(work), acknowledged));
    }
    database_->step(10);
    executor.run_ready();
    return acknowledged;
  }

  SimulatedDisk disk_;
  base::SeededRandom random_;
  std::optional<SteppedDatabase> database_;
};

// One life: start, table, pairs until the end or the power's. Returns the last acknowledged id.
std::int64_t live(Machine& machine, std::int64_t first, std::int64_t last) {
  std::int64_t acknowledged = first - 1;
  if (machine.start() && machine.make_table())
    for (auto id = first; id <= last && machine.disk().has_power(); ++id)
      if (machine.insert_pair(id)) acknowledged = id;
  machine.stop();
  return acknowledged;
}

std::int64_t operations_without_failure() {
  Machine machine(1);
  EXPECT_EQ(live(machine, 1, 20), 20);
  return machine.disk().operations();
}

TEST(SimulatedDisk, APowerFailureAtEveryOperationLosesNothingAcknowledgedAndHalvesNothing) {
  const auto total = operations_without_failure();
  ASSERT_GT(total, 100);
  for (std::int64_t at = 1; at <= total; ++at) {
    SCOPED_TRACE(at);
    Machine machine(static_cast<std::uint64_t>(at));
    machine.disk().fail_power_at(at);
    const auto acknowledged = live(machine, 1, 20);
    ASSERT_FALSE(machine.disk().has_power());
    machine.disk().restore_power(machine.random());
    ASSERT_TRUE(machine.start());
    ASSERT_TRUE(machine.make_table());
    const auto [rows, largest] = machine.count_and_largest();
    ASSERT_GE(largest, acknowledged);
    ASSERT_LE(largest, acknowledged + 1);
    ASSERT_EQ(rows, 2 * largest);
    machine.stop();
  }
}

TEST(SimulatedDisk, AFullOrFailingDiskRefusesOneCommandAndGoesOn) {
  for (const auto fault : {DiskFault::full, DiskFault::input_output})
    for (std::int64_t at = 1; at <= 6; ++at) {
      SCOPED_TRACE(at);
      Machine machine(7);
      ASSERT_TRUE(machine.start());
      ASSERT_TRUE(machine.make_table());
      ASSERT_TRUE(machine.insert_pair(1));
      machine.disk().refuse_at(at, fault);
      std::int64_t acknowledged = 1;
      for (std::int64_t id = 2; id <= 8; ++id) acknowledged += machine.insert_pair(id) ? 1 : 0;
      EXPECT_GE(acknowledged, 7);
      EXPECT_EQ(machine.count_and_largest().first, 2 * acknowledged);
      machine.stop();
    }
}

// The test of the tests above: what was not synced may be lost, wholly or in pieces.
TEST(SimulatedDisk, WhatWasNotSyncedMayBeLostWhollyOrInPieces) {
  const std::vector<std::byte> ones(4096, std::byte{1});
  std::set<std::int64_t> survived;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    base::SeededRandom random(seed);
    SimulatedFile file;
    file.write(ones, 0);
    file.sync();
    file.write(ones, 4096);
    file.lose_unsynced(random);
    survived.insert(std::ranges::count(file.bytes(), std::byte{1}));
  }
  EXPECT_EQ(*survived.begin(), 4096);
  EXPECT_EQ(*survived.rbegin(), 8192);
  EXPECT_GT(survived.size(), 3U);
}

}  // namespace
}  // namespace sql
