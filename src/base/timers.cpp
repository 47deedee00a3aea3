#include "base/timers.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/check.hpp"

namespace base {
namespace {

// Pending timers by instant, then by age. No lock of its own.
class TimerQueue {
 public:
  TimerId add(Instant when, Executor& executor, std::move_only_function<void()> work) {
    const auto id = ++last_id_;
    pending_.emplace(std::pair{when, id}, Pending{&executor, std::move(work)});
    instants_.emplace(id, when);
    return TimerId{id};
  }
  bool remove(TimerId id) {
    const auto found = instants_.find(static_cast<std::uint64_t>(id));
    if (found == instants_.end()) return false;
    pending_.erase({found->second, found->first});
    instants_.erase(found);
    return true;
  }
  [[nodiscard]] std::optional<Instant> next() const {
    return pending_.empty() ? std::nullopt : std::optional{pending_.begin()->first.first};
  }
  void post_first() {
    auto first = pending_.extract(pending_.begin());
    instants_.erase(first.key().second);
    first.mapped().executor->post(std::move(first.mapped().work));
  }

 private:
  struct Pending {
    Executor* executor;
    std::move_only_function<void()> work;
  };
  std::map<std::pair<Instant, std::uint64_t>, Pending> pending_{};
  std::unordered_map<std::uint64_t, Instant> instants_{};
  std::uint64_t last_id_ = 0;
};

}  // namespace

Task<void> sleep_until(Timers& timers, Instant when) {
  Completion<bool> due;
  auto* executor = current_executor();
  RL_CHECK(executor != nullptr, "sleep_until needs an executor's thread");
  timers.at(when, *executor, [sender = due.sender()]() mutable { sender.set(true); });
  [[maybe_unused]] const bool fired = co_await due;
}

struct ThreadTimers::State {
  explicit State(const Clock& its_clock) : clock(its_clock) {}
  void run();

  const Clock& clock;
  std::mutex mutex;
  std::condition_variable changed;
  TimerQueue queue{};
  bool stopping = false;
  std::thread thread{};
};

void ThreadTimers::State::run() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    const auto next = queue.next();
    if (!next) {
      changed.wait(lock);
    } else if (const auto now = clock.now(); *next > now) {
      changed.wait_for(lock, std::min<Micros>(*next - now, std::chrono::hours{1}));
    } else {
      queue.post_first();
    }
  }
}

ThreadTimers::ThreadTimers(const Clock& clock) : state_(std::make_unique<State>(clock)) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

ThreadTimers::~ThreadTimers() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  state_->thread.join();
}

TimerId ThreadTimers::at(Instant when, Executor& executor, std::move_only_function<void()> work) {
  const std::lock_guard lock(state_->mutex);
  const auto first = state_->queue.next();
  const auto id = state_->queue.add(when, executor, std::move(work));
  if (!first || when < *first) state_->changed.notify_one();
  return id;
}

bool ThreadTimers::cancel(TimerId id) {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.remove(id);
}

struct SimulatedTimers::State {
  explicit State(SimulatedClock& its_clock) : clock(its_clock) {}
  SimulatedClock& clock;
  std::mutex mutex;
  TimerQueue queue{};
};

SimulatedTimers::SimulatedTimers(SimulatedClock& clock) : state_(std::make_unique<State>(clock)) {}
SimulatedTimers::~SimulatedTimers() = default;

TimerId SimulatedTimers::at(Instant when, Executor& executor,
                            std::move_only_function<void()> work) {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.add(when, executor, std::move(work));
}

bool SimulatedTimers::cancel(TimerId id) {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.remove(id);
}

void SimulatedTimers::advance(Micros by) {
  const std::lock_guard lock(state_->mutex);
  const auto end = state_->clock.now() + by;
  for (auto next = state_->queue.next(); next && *next <= end; next = state_->queue.next()) {
    if (const auto now = state_->clock.now(); *next > now) state_->clock.advance(*next - now);
    state_->queue.post_first();
  }
  state_->clock.advance(end - state_->clock.now());
}

}  // namespace base
