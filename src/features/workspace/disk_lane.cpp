#include "features/workspace/disk_lane.hpp"

#include <utility>

namespace workspace {
namespace {

constexpr int kThreads = 2;

}  // namespace

DiskLane::DiskLane() {
  for (int index = 0; index < kThreads; ++index) threads_.emplace_back([this] { serve(); });
}

DiskLane::~DiskLane() { stop(); }

void DiskLane::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_all();
  for (auto& thread : std::exchange(threads_, {})) thread.join();
}

void DiskLane::post(std::move_only_function<void()> work) {
  std::unique_lock lock(mutex_);
  if (ending_) {
    lock.unlock();
    return work();
  }
  queue_.push_back(std::move(work));
  lock.unlock();
  arrived_.notify_one();
}

void DiskLane::serve() {
  for (;;) {
    std::move_only_function<void()> work;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace workspace
