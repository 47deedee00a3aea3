#include "base/task.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "base/result.hpp"

namespace base {
namespace {

Task<int> seven() { co_return 7; }
Task<int> nested() {
  const int a = co_await seven();
  const int b = co_await seven();
  co_return a + b;
}
Task<int> failing() {
  const int a = co_await seven();
  if (a == 7) throw std::runtime_error("broken");
  co_return a;
}
Task<int> forwarding() {
  const int a = co_await failing();
  co_return a;
}
Task<int> deep(int depth) {
  if (depth == 0) co_return 0;
  const int below = co_await deep(depth - 1);
  co_return below + 1;
}

TEST(Task, ValuesComeThroughAwaits) { EXPECT_EQ(block_on(nested()), 14); }

TEST(Task, AnExceptionReachesTheOneWhoAwaits) {
  EXPECT_THROW(block_on(forwarding()), std::runtime_error);
}

TEST(Task, ATaskThatIsNeverAwaitedNeverRunsAndIsFreed) {
  auto alive = std::make_shared<int>(1);
  struct Body {
    static Task<int> run(std::shared_ptr<int> held) { co_return *held; }
  };
  {
    const auto task = Body::run(alive);
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Task, ArgumentsAreFreedOnceTheTaskIsDone) {
  auto alive = std::make_shared<int>(3);
  struct Body {
    static Task<int> run(std::shared_ptr<int> held) { co_return *held; }
    static Task<int> outer(std::shared_ptr<int> held) {
      const int value = co_await run(held);
      co_return value;
    }
  };
  EXPECT_EQ(block_on(Body::outer(alive)), 3);
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Task, DepthDoesNotEatTheStackOnTheWayBack) { EXPECT_EQ(block_on(deep(2'000)), 2'000); }

Task<int> await_number(Completion<int>& completion) {
  const int number = co_await completion;
  co_return number;
}

TEST(Completion, AValueSetBeforeTheAwaitIsThere) {
  Completion<int> completion;
  completion.sender().set(5);
  EXPECT_EQ(block_on(await_number(completion)), 5);
}

Task<bool> resumes_where_it_waited(Completion<std::unique_ptr<int>>& completion) {
  const auto* executor = current_executor();
  const auto thread = std::this_thread::get_id();
  const auto value = co_await completion;
  co_return value != nullptr&& executor == current_executor() &&
      thread == std::this_thread::get_id();
}

TEST(Completion, ResumesOnTheExecutorThatWaitedWhereverTheValueComesFrom) {
  for (int i = 0; i < 2'000; ++i) {
    Completion<std::unique_ptr<int>> completion;
    std::jthread sender(
        [s = completion.sender(), i]() mutable { s.set(std::make_unique<int>(i)); });
    ASSERT_TRUE(block_on(resumes_where_it_waited(completion)));
  }
}

TEST(Completion, TheSenderMayOutliveTheWaiter) {
  std::optional<Completion<int>::Sender> sender;
  {
    const Completion<int> completion;
    sender.emplace(completion.sender());
  }
  sender->set(1);
}

TEST(ManualExecutor, RunsPostedWorkInOrderOnTheCallingThread) {
  ManualExecutor executor;
  std::vector<int> order;
  executor.post([&] {
    order.push_back(1);
    EXPECT_EQ(current_executor(), &executor);
    executor.post([&] { order.push_back(3); });
  });
  executor.post([&] { order.push_back(2); });
  EXPECT_TRUE(executor.run_ready());
  EXPECT_TRUE(executor.run_ready());
  EXPECT_FALSE(executor.run_ready());
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(current_executor(), nullptr);
}

TEST(GatheredPosts, GoToTheirExecutorsInOrderWhenTheGatheringEnds) {
  ManualExecutor one;
  ManualExecutor other;
  std::vector<int> order;
  const auto note = [&order](int number) { return [&order, number] { order.push_back(number); }; };
  {
    const GatheredPosts together;
    post_gathered(one, note(1));
    post_gathered(other, note(3));
    {
      const GatheredPosts inner;
      post_gathered(one, note(0));
      EXPECT_FALSE(one.run_ready());
    }
    EXPECT_TRUE(one.run_ready());
    post_gathered(one, note(2));
    EXPECT_FALSE(one.run_ready());
  }
  EXPECT_TRUE(one.run_ready());
  EXPECT_TRUE(other.run_ready());
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
  post_gathered(one, note(4));
  EXPECT_TRUE(one.run_ready());
  EXPECT_EQ(order.back(), 4);
}

Result<int> odd(int number) {
  if (number % 2 == 0) return fail(ErrorCode::invalid, "even", "It is even.");
  return number;
}
Result<int> twice_odd(int number) {
  RL_TRY(const int value, odd(number));
  return 2 * value;
}

TEST(Result, TryPassesTheErrorOnUnchanged) {
  EXPECT_EQ(twice_odd(3), 6);
  EXPECT_EQ(twice_odd(4).error().reason, "even");
}

}  // namespace
}  // namespace base
