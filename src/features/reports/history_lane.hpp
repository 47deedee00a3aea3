// The thread that history has to itself: work in order, some of it bounded.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/executor.hpp"

namespace reports {

class HistoryLane final : public base::Executor {
 public:
  explicit HistoryLane(std::size_t max_waiting);
  ~HistoryLane() override { stop(); }
  // Dropped after stop().
  void post(std::move_only_function<void()> work) override;
  // False when as much as allowed is waiting: the work was not taken.
  [[nodiscard]] bool try_post(std::move_only_function<void()> work);
  // Runs what was posted, then ends the thread.
  void stop();

 private:
  void serve();
  std::size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::move_only_function<void()>> queue_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace reports
