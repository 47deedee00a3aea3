#include "features/workspace/worker_call.hpp"

#include <utility>

#include "features/workspace/worker_errors.hpp"
#include "features/workspace/worker_pool.hpp"

namespace workspace {

void CallQueue::push(wire::Frame frame) {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  const bool replaces = frame.type == wire::FrameType::progress && !frames_.empty() &&
                        frames_.back().type == wire::FrameType::progress;
  if (replaces)
    frames_.back() = std::move(frame);
  else
    frames_.push_back(std::move(frame));
  wake(std::move(lock));
}

void CallQueue::end(std::optional<base::Error> error) {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  ended_ = true;
  if (error) {
    frames_.clear();
    error_ = std::move(error);
  }
  wake(std::move(lock));
}

bool CallQueue::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void CallQueue::wake(std::unique_lock<std::mutex> lock) {
  if (!waiter_) return;
  auto sender = std::move(*waiter_);
  waiter_.reset();
  lock.unlock();
  sender.set(true);
}

std::optional<base::Result<wire::Frame>> CallQueue::take(const base::Completion<bool>& woken) {
  const std::lock_guard lock(mutex_);
  if (!frames_.empty()) {
    base::Result<wire::Frame> frame{std::move(frames_.front())};
    frames_.pop_front();
    return frame;
  }
  if (error_) return base::Result<wire::Frame>{std::unexpect, *error_};
  RL_CHECK(!ended_, "a call is not asked after its end");
  waiter_.emplace(woken.sender());
  return std::nullopt;
}

WorkerCall& WorkerCall::operator=(WorkerCall&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(state_, other.state_);
  return *this;
}

WorkerCall::~WorkerCall() {
  if (state_) cancel(cancelled_error());
}

base::Task<base::Result<wire::Frame>> WorkerCall::next() {
  for (;;) {
    base::Completion<bool> woken;
    auto frame = state_->queue.take(woken);
    if (!frame) {
      co_await woken;
      continue;
    }
    if (*frame && (*frame)->type == wire::FrameType::data)
      pool_->taken(state_, (*frame)->payload.size());
    co_return std::move(*frame);
  }
}

void WorkerCall::cancel(base::Error why) { pool_->cancel(state_, std::move(why)); }

void WorkerCall::request_cancel() { pool_->interrupt(state_); }

}  // namespace workspace
