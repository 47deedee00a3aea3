// One request to a worker and its answer, between the pool's I/O thread (which fills it) and one
// coroutine (which empties it). What waits in between is bounded by the credit window: the I/O
// thread grants more only as pieces are taken, so a slow client stops its query, not our memory.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "wire/frame.hpp"

namespace workspace {

class WorkerPool;

// The meeting point. push(), end() from the I/O thread or a canceller; take() by the coroutine.
class CallQueue {
 public:
  // Frames after the end are dropped. A progress frame replaces one that nobody has seen yet.
  void push(wire::Frame frame);
  // The answer is over: done (nullopt) or an error, which discards frames not yet taken. The first
  // end counts.
  void end(std::optional<base::Error> error);
  [[nodiscard]] bool ended() const;

  // The next frame or the error; nullopt: nothing yet, `sender` will be set.
  std::optional<base::Result<wire::Frame>> take(const base::Completion<bool>& woken);

 private:
  void wake(std::unique_lock<std::mutex> lock);

  mutable std::mutex mutex_;
  std::deque<wire::Frame> frames_;
  std::optional<base::Error> error_;
  bool ended_ = false;
  std::optional<base::Completion<bool>::Sender> waiter_;
};

struct CallLimits {
  base::Micros timeout{};                // from the moment the worker has the request
  base::Micros cancel_grace{2'000'000};  // a worker that does not stop within it is killed
  bool cuttable = false;                 // metered: ends when the account's balance does
};

// What the pool knows of a call. All but `queue` belongs to the I/O thread after submission.
struct CallState {
  base::AccountId account;
  wire::FrameType type{};
  std::string payload{};
  CallLimits limits{};
  CallQueue queue{};

  std::uint32_t request = 0;     // 0: not sent yet
  std::int64_t credit_left = 0;  // bytes the worker may still send
  std::optional<base::Instant> deadline{};
  std::optional<base::Instant> kill_at{};  // told to stop: the worker must answer before
};

// The caller's end. Dropping it cancels what still runs. Must not outlive the pool.
class WorkerCall {
 public:
  WorkerCall() = default;
  WorkerCall(WorkerPool& pool, std::shared_ptr<CallState> state)
      : pool_(&pool), state_(std::move(state)) {}
  WorkerCall(WorkerCall&&) noexcept = default;
  WorkerCall& operator=(WorkerCall&& other) noexcept;
  ~WorkerCall();

  // The next frame: progress, head, data, and last done. An error ends the call: what the worker
  // refused, its death, the deadline, or why it was cancelled. Not to be called after the end.
  base::Task<base::Result<wire::Frame>> next();
  // Ends the call here and now with `why`, and at the worker as soon as it can; a worker that does
  // not obey is killed. Thread-safe.
  void cancel(base::Error why);
  // Asks the worker to stop and lets its answer decide: for imports, where `done` may win.
  void request_cancel();
  [[nodiscard]] const std::shared_ptr<CallState>& state() const { return state_; }

 private:
  WorkerPool* pool_ = nullptr;
  std::shared_ptr<CallState> state_;
};

}  // namespace workspace
