#include "features/workspace/worker_pool.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/json.hpp"

namespace workspace {
namespace {

using namespace std::chrono_literals;
using wire::FrameType;

base::Task<base::Result<std::string>> read_all(WorkerCall& call) {
  std::string body;
  for (;;) {
    auto frame = co_await call.next();
    if (!frame) co_return std::unexpected(std::move(frame.error()));
    if (frame->type == FrameType::done) co_return body;
    if (frame->type == FrameType::data) body += frame->payload;
  }
}

class WorkerPoolTest : public testing::Test {
 protected:
  WorkerPoolTest() {
    std::string pattern = "/tmp/rl_pool_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    options_.folder = folder_;
    options_.idle_stop = 1h;
  }
  ~WorkerPoolTest() override {
    pool_.reset();
    std::filesystem::remove_all(folder_);
  }

  WorkerPool& pool() {
    if (!pool_)
      pool_ = std::make_unique<WorkerPool>(options_, clock_, log_,
                                           [this](base::AccountId, std::string payload) {
                                             ready_.sender().set(std::move(payload));
                                           });
    return *pool_;
  }
  base::AccountId account() { return base::AccountId::make(clock_.now(), random_); }
  WorkerCall query(base::AccountId whose, std::string_view sql, CallLimits limits = {}) {
    std::string payload;
    base::JsonWriter writer(payload);
    writer.begin_object();
    writer.field("sql", sql);
    writer.end_object();
    return pool().call(whose, FrameType::query, payload, limits);
  }
  base::Result<std::string> answer(base::AccountId whose, std::string_view sql,
                                   CallLimits limits = {}) {
    auto call = query(whose, sql, limits);
    return base::block_on(read_all(call));
  }
  std::string reason(base::AccountId whose, std::string_view sql, CallLimits limits = {}) {
    const auto result = answer(whose, sql, limits);
    return result ? "answered" : result.error().reason;
  }
  // Waits, without a deadline of its own, until the pool's numbers fit.
  template <class Condition>
  void eventually(Condition condition) {
    while (!condition(pool().stats())) std::this_thread::yield();
  }
  void advance(base::Micros by) {
    clock_.advance(by);
    pool().wake();
  }

  PoolOptions options_;
  base::SimulatedClock clock_{base::from_micros(1'800'000'000'000'000)};
  base::SystemRandom random_;
  base::Log log_{{}, clock_};
  base::Completion<std::string> ready_;
  std::string folder_;
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(WorkerPoolTest, AWorkerStartsOnDemandAndAnswersManyTimes) {
  const auto whose = account();
  EXPECT_EQ(answer(whose, "5").value_or("failed"), "ddddd");
  EXPECT_EQ(answer(whose, "3").value_or("failed"), "ddd");
  EXPECT_EQ(pool().stats().started_total, 1U);
}

TEST_F(WorkerPoolTest, AWorkerInheritsItsSocketAndNothingElse) {
  const auto world = answer(account(), "world").value_or("failed");
  EXPECT_EQ(world, "fds 0 1 2 3; PATH=/usr/bin:/bin; LANG=C.UTF-8; TZ=UTC");
}

TEST_F(WorkerPoolTest, AnAnswerLargerThanTheWindowArrivesWhole) {
  const auto body = answer(account(), "3000000");
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->size(), 3'000'000U);
}

TEST_F(WorkerPoolTest, AClientThatTakesNothingStopsItsQueryNotTheOthers) {
  const auto slow = account();
  auto stuck = query(slow, "100000000");
  EXPECT_EQ(answer(slow, "7").value_or("failed"), "ddddddd");
  EXPECT_EQ(answer(account(), "7").value_or("failed"), "ddddddd");
  EXPECT_EQ(pool().stats().killed_total, 0U);
}

// D59: one user's trouble locked everybody's database.
TEST_F(WorkerPoolTest, AWorkerThatDiesFailsItsOwnCallsOnly) {
  const auto unlucky = account();
  const auto other = account();
  auto waiting_beside = query(unlucky, "wait");
  auto elsewhere = query(other, "wait");
  EXPECT_EQ(reason(unlucky, "die"), "worker_failed");
  const auto beside = base::block_on(read_all(waiting_beside));
  ASSERT_FALSE(beside.has_value());
  EXPECT_EQ(beside.error().reason, "worker_failed");
  EXPECT_EQ(answer(other, "1").value_or("failed"), "d");
  EXPECT_EQ(answer(unlucky, "2").value_or("failed"), "dd") << "a new worker was started";
  eventually([](const PoolStats& stats) { return stats.died_total == 1; });
  EXPECT_EQ(pool().stats().started_total, 3U);
}

TEST_F(WorkerPoolTest, DeathByTheKernelsHandIsSaidToBeMemory) {
  EXPECT_EQ(reason(account(), "killed"), "query_memory");
}

TEST_F(WorkerPoolTest, AWorkerThatGaveUpAtItsDeadlineIsSaidToBeTimeout) {
  EXPECT_EQ(reason(account(), "deadline"), "query_timeout");
}

TEST_F(WorkerPoolTest, WhatAWorkerSaidBeforeItDiedCounts) {
  const auto result = answer(account(), "last words");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "Too much.");
}

TEST_F(WorkerPoolTest, AHangingQueryFailsAtItsDeadlineAndItsWorkerIsKilledTwoSecondsLater) {
  const auto whose = account();
  ASSERT_TRUE(answer(whose, "1"));
  // The numbers are told after an answer is: the next call is not to be taken for this one.
  eventually([](const PoolStats& stats) { return stats.calls == 0; });
  auto call = query(whose, "hang", {.timeout = 5s, .cancel_grace = 2s});
  eventually([](const PoolStats& stats) { return stats.calls == 1; });
  advance(5s);
  const auto result = base::block_on(read_all(call));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, "query_timeout");
  EXPECT_EQ(pool().stats().killed_total, 0U);
  eventually([](const PoolStats& stats) { return stats.workers == 1; });
  advance(2s);
  eventually([](const PoolStats& stats) { return stats.killed_total == 1; });
  EXPECT_EQ(answer(whose, "2").value_or("failed"), "dd");
}

TEST_F(WorkerPoolTest, AWorkerThatClosesItsSocketButStaysIsKilled) {
  const auto whose = account();
  auto call = query(whose, "hang up");
  ASSERT_TRUE(answer(account(), "1"));
  std::thread nudge([this] {
    while (pool().stats().killed_total == 0) {
      advance(1s);
      std::this_thread::yield();
    }
  });
  const auto result = base::block_on(read_all(call));
  nudge.join();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, "worker_failed");
}

TEST_F(WorkerPoolTest, ADroppedCallIsCancelledAtTheWorker) {
  const auto whose = account();
  {
    auto dropped = query(whose, "wait");
  }
  ASSERT_TRUE(answer(whose, "1"));
  eventually([](const PoolStats& stats) { return stats.calls == 0; });
  EXPECT_EQ(pool().stats().killed_total, 0U);
}

TEST_F(WorkerPoolTest, MoreDataThanCreditIsABrokenWorker) {
  EXPECT_EQ(reason(account(), "flood"), "worker_failed");
  EXPECT_EQ(pool().stats().killed_total, 1U);
}

TEST_F(WorkerPoolTest, AnOversizeFrameIsABrokenWorker) {
  EXPECT_EQ(reason(account(), "oversize"), "worker_failed");
}

TEST_F(WorkerPoolTest, AnAnswerToNobodyIsABrokenWorker) {
  EXPECT_EQ(reason(account(), "stranger"), "worker_failed");
}

// D67: error texts showed absolute paths.
TEST_F(WorkerPoolTest, PathsOfTheServerDoNotReachTheUser) {
  const auto result = answer(account(), "path");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, "sql_error");
  EXPECT_EQ(result.error().message.find("workspaces"), std::string::npos);
}

TEST_F(WorkerPoolTest, AWorkerThatCannotStartFailsWhatWaitedForItAndIsNotTriedForEver) {
  const auto whose = account();
  ::mkdir((folder_ + "/" + whose.text()).c_str(), 0700);
  std::ofstream{folder_ + "/" + whose.text() + "/no_start"};
  EXPECT_EQ(reason(whose, "1"), "worker_failed");
  EXPECT_EQ(pool().stats().started_total, 1U);
}

TEST_F(WorkerPoolTest, AWorkerThatHangsAtStartIsKilledAndItsCallsFail) {
  const auto whose = account();
  ::mkdir((folder_ + "/" + whose.text()).c_str(), 0700);
  std::ofstream{folder_ + "/" + whose.text() + "/hang_at_start"};
  auto call = query(whose, "1");
  eventually([](const PoolStats& stats) { return stats.workers == 1; });
  advance(options_.start_timeout);
  const auto result = base::block_on(read_all(call));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, "worker_failed");
  EXPECT_EQ(pool().stats().started_total, 1U);
}

TEST_F(WorkerPoolTest, AMissingBinaryIsAClearErrorNotACrash) {
  options_.binary = "/nonexistent/redline";
  EXPECT_EQ(reason(account(), "1"), "worker_failed");
}

TEST_F(WorkerPoolTest, AnIdleWorkerIsStoppedAndStartsAgain) {
  const auto whose = account();
  ASSERT_TRUE(answer(whose, "1"));
  advance(options_.idle_stop);
  eventually([](const PoolStats& stats) { return stats.workers == 0; });
  EXPECT_EQ(pool().stats().died_total, 0U);
  EXPECT_EQ(answer(whose, "1").value_or("failed"), "d");
}

TEST_F(WorkerPoolTest, TheWorkerIdleForLongestMakesRoomForANewOne) {
  options_.max_active = 2;
  const auto first = account();
  const auto second = account();
  ASSERT_TRUE(answer(first, "1"));
  clock_.advance(1s);
  ASSERT_TRUE(answer(second, "1"));
  ASSERT_TRUE(answer(account(), "1"));
  ASSERT_TRUE(answer(second, "1"));
  EXPECT_EQ(pool().stats().started_total, 3U) << "the second one was kept";
}

TEST_F(WorkerPoolTest, WhenNobodyIsIdleANewWorkspaceIsRefusedAtOnce) {
  options_.max_active = 2;
  auto one = query(account(), "wait");
  auto two = query(account(), "wait");
  eventually([](const PoolStats& stats) { return stats.calls == 2; });
  EXPECT_EQ(reason(account(), "1"), "overloaded");
}

TEST_F(WorkerPoolTest, ManyAccountsTakeTurnsInFewProcesses) {
  options_.max_active = 4;
  for (int index = 0; index < 40; ++index) {
    clock_.advance(1s);
    ASSERT_EQ(answer(account(), "9").value_or("failed"), "ddddddddd");
    ASSERT_LE(pool().stats().workers, 4);
  }
}

TEST_F(WorkerPoolTest, WarmStartsTheWorkerAndTellsWhatItsFileHolds) {
  pool().warm(account());
  struct Await {
    static base::Task<std::string> run(base::Completion<std::string>& ready) {
      co_return co_await ready;
    }
  };
  const auto payload = base::block_on(Await::run(ready_));
  EXPECT_NE(payload.find("prices"), std::string::npos);
}

TEST_F(WorkerPoolTest, ACutEndsMeteredCallsAndSparesTheOthers) {
  const auto whose = account();
  auto metered = query(whose, "wait", {.cuttable = true});
  auto free = query(whose, "wait");
  eventually([](const PoolStats& stats) { return stats.calls == 2; });
  pool().cut(whose,
             base::Error{base::ErrorCode::payment_required, "hours_exhausted", "", {}, {}, {}});
  const auto result = base::block_on(read_all(metered));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, "hours_exhausted");
  eventually([](const PoolStats& stats) { return stats.calls == 1; });
}

TEST_F(WorkerPoolTest, StoppingEndsEveryCallAndEveryWorker) {
  auto call = query(account(), "hang");
  eventually([](const PoolStats& stats) { return stats.calls == 1; });
  pool().stop();
  const auto result = base::block_on(read_all(call));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, base::ErrorCode::overloaded);
  eventually([](const PoolStats& stats) { return stats.workers == 0; });
  EXPECT_EQ(reason(account(), "1"), "shutting_down");
}

}  // namespace
}  // namespace workspace
