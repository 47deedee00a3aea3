// A bounded queue between callers and lanes. Thread-safe.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace sql {

template <class Item>
class CommandQueue {
 public:
  explicit CommandQueue(std::size_t max) : max_(max) {}

  // False when full or closed: `item` was not taken.
  bool push(Item item) {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_ || items_.size() >= max_) return false;
      items_.push_back(std::move(item));
    }
    arrived_.notify_one();
    return true;
  }

  // Waits for items and takes up to `most` of them, in order; empty means closed and drained.
  std::vector<Item> pop(std::size_t most) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return closed_ || !items_.empty(); });
    return take_locked(most);
  }

  // The same without waiting.
  std::vector<Item> take(std::size_t most) {
    const std::scoped_lock lock(mutex_);
    return take_locked(most);
  }

  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    arrived_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }

 private:
  std::vector<Item> take_locked(std::size_t most) {
    std::vector<Item> taken;
    taken.reserve(std::min(items_.size(), most));
    while (!items_.empty() && taken.size() < most) {
      taken.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    return taken;
  }

  const std::size_t max_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Item> items_;
  bool closed_ = false;
};

}  // namespace sql
