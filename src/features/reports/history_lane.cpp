#include "features/reports/history_lane.hpp"

#include <utility>

namespace reports {

HistoryLane::HistoryLane(std::size_t max_waiting)
    : max_waiting_(max_waiting), thread_([this] { serve(); }) {}

void HistoryLane::post(std::move_only_function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    if (ending_) return;
    queue_.push_back(std::move(work));
  }
  arrived_.notify_one();
}

bool HistoryLane::try_post(std::move_only_function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    if (ending_ || queue_.size() >= max_waiting_) return false;
    queue_.push_back(std::move(work));
  }
  arrived_.notify_one();
  return true;
}

void HistoryLane::stop() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void HistoryLane::serve() {
  while (true) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const base::ExecutorScope scope(*this);
    work();
  }
}

}  // namespace reports
