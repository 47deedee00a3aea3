// An Executor runs posted work, in order, on one thread of its own (an HTTP loop, a lane, a test's
// queue). Coroutines resume on the executor they waited on.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace base {

class Executor {
 public:
  virtual ~Executor() = default;
  // Thread-safe; returns at once.
  virtual void post(std::move_only_function<void()> work) = 0;
  // Several, in order.
  virtual void post_all(std::vector<std::move_only_function<void()>> works) {
    for (auto& work : works) post(std::move(work));
  }
};

// The executor whose work this thread is running now; the loop sets it. Null on a foreign thread.
[[nodiscard]] Executor* current_executor();

// Marks `executor` as current for a scope.
class ExecutorScope {
 public:
  explicit ExecutorScope(Executor& executor);
  ~ExecutorScope();
  ExecutorScope(const ExecutorScope&) = delete;
  ExecutorScope& operator=(const ExecutorScope&) = delete;

 private:
  Executor* previous_;
};

// Who has many to tell holds one of these: what is posted by post_gathered() on its thread goes to
// the executors when it ends, each executor's in one piece.
class GatheredPosts {
 public:
  GatheredPosts();
  ~GatheredPosts();
  GatheredPosts(const GatheredPosts&) = delete;
  GatheredPosts& operator=(const GatheredPosts&) = delete;

 private:
  friend void post_gathered(Executor& executor, std::move_only_function<void()> work);
  struct Pile {
    Executor* executor;
    std::vector<std::move_only_function<void()>> works;
  };
  std::vector<Pile> piles_;
  GatheredPosts* previous_;
};
// At once when this thread gathers nothing.
void post_gathered(Executor& executor, std::move_only_function<void()> work);

// For tests and the command line: runs posted work on the calling thread. post() is thread-safe.
class ManualExecutor final : public Executor {
 public:
  ManualExecutor();
  ~ManualExecutor() override;
  void post(std::move_only_function<void()> work) override;
  void post_all(std::vector<std::move_only_function<void()>> works) override;
  // Runs what is there; false when there was nothing.
  bool run_ready();
  // Blocks until work arrives, then runs it.
  void run_one();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace base
