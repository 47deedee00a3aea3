// Two threads for file work that may block (write, fsync, remove), so that HTTP loops never do.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/task.hpp"

namespace workspace {

class DiskLane {
 public:
  DiskLane();
  ~DiskLane();
  DiskLane(const DiskLane&) = delete;
  DiskLane& operator=(const DiskLane&) = delete;

  void post(std::move_only_function<void()> work);
  // Returns when what was posted has run. Whatever is posted afterwards runs at once, in post(): so
  // that nothing of it runs when what it uses is gone. Idempotent.
  void stop();

  // `work` runs on a disk thread; the caller resumes on its executor with what it returned.
  template <class T>
  base::Task<T> run(std::move_only_function<T()> work) {
    base::Completion<T> done;
    post([work = std::move(work), sender = done.sender()]() mutable { sender.set(work()); });
    T result = co_await done;
    co_return result;
  }

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::move_only_function<void()>> queue_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace workspace
