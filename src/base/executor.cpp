#include "base/executor.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace base {
namespace {

thread_local Executor* current = nullptr;
thread_local GatheredPosts* gathering = nullptr;

}  // namespace

Executor* current_executor() { return current; }

ExecutorScope::ExecutorScope(Executor& executor) : previous_(current) { current = &executor; }
ExecutorScope::~ExecutorScope() { current = previous_; }

GatheredPosts::GatheredPosts() : previous_(gathering) { gathering = this; }

GatheredPosts::~GatheredPosts() {
  gathering = previous_;
  for (auto& pile : piles_) pile.executor->post_all(std::move(pile.works));
}

void post_gathered(Executor& executor, std::move_only_function<void()> work) {
  if (gathering == nullptr) return executor.post(std::move(work));
  auto& piles = gathering->piles_;
  auto pile = std::ranges::find(piles, &executor, &GatheredPosts::Pile::executor);
  if (pile == piles.end()) pile = piles.insert(pile, {&executor, {}});
  pile->works.push_back(std::move(work));
}

struct ManualExecutor::State {
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::move_only_function<void()>> queue;
};

ManualExecutor::ManualExecutor() : state_(std::make_unique<State>()) {}
ManualExecutor::~ManualExecutor() = default;

void ManualExecutor::post(std::move_only_function<void()> work) {
  // Notified under the lock: the woken thread may run this work and destroy the executor at once.
  const std::lock_guard lock(state_->mutex);
  state_->queue.push_back(std::move(work));
  state_->arrived.notify_one();
}

void ManualExecutor::post_all(std::vector<std::move_only_function<void()>> works) {
  const std::lock_guard lock(state_->mutex);
  std::ranges::move(works, std::back_inserter(state_->queue));
  state_->arrived.notify_one();
}

bool ManualExecutor::run_ready() {
  std::deque<std::move_only_function<void()>> ready;
  {
    const std::lock_guard lock(state_->mutex);
    ready.swap(state_->queue);
  }
  const ExecutorScope scope(*this);
  for (auto& work : ready) work();
  return !ready.empty();
}

void ManualExecutor::run_one() {
  std::move_only_function<void()> work;
  {
    std::unique_lock lock(state_->mutex);
    state_->arrived.wait(lock, [this] { return !state_->queue.empty(); });
    work = std::move(state_->queue.front());
    state_->queue.pop_front();
  }
  const ExecutorScope scope(*this);
  work();
}

}  // namespace base
