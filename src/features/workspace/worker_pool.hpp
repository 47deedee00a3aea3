// Worker processes, one per active account, started on demand and kept warm. One I/O thread with
// epoll owns them all: it starts, feeds, reads, times, stops and reaps; callers only post to it.
// It is also an Executor, so that background coroutines (import jobs) have a home.
//
// Bounds: max_active processes (the idle one that was used longest ago makes room, else
// `overloaded`), a credit window per call, a deadline per call: at the deadline the call fails with
// query_timeout and the worker is told; if it has not obeyed cancel_grace later it gets SIGKILL.
// A worker that dies or breaks the protocol fails its own calls (`worker_failed`, or `query_memory`
// when the kernel killed it) and nobody else's; the next call starts a new one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/executor.hpp"
#include "base/log.hpp"
#include "features/workspace/worker_call.hpp"

namespace workspace {

struct PoolOptions {
  std::string binary = "/proc/self/exe";
  std::string folder;  // of all workspaces: the worker of an account gets folder/<account>
  int memory_mb = 1024;
  int threads = 2;
  int temp_mb = 4096;
  std::size_t max_active = 64;
  base::Millis idle_stop{300'000};
  base::Millis start_timeout{20'000};
  base::Millis stop_grace{2'000};
};

struct PoolStats {
  int workers = 0;
  int calls = 0;
  std::uint64_t started_total = 0;
  std::uint64_t died_total = 0;    // ended although nobody asked them to
  std::uint64_t killed_total = 0;  // SIGKILL by us
};

class WorkerPool final : public base::Executor {
 public:
  // Called on the I/O thread with the payload of an account's `ready` frame.
  using ReadyHook = std::function<void(base::AccountId, std::string)>;

  // Clock and log outlive the pool. Deadlines follow `clock`.
  WorkerPool(PoolOptions options, const base::Clock& clock, base::Log& log, ReadyHook on_ready);
  // Kills what is left; no call may still be waited for.
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Everything below is thread-safe and, but for stop(), returns at once.
  [[nodiscard]] WorkerCall call(base::AccountId account, wire::FrameType type, std::string payload,
                                CallLimits limits);
  void warm(base::AccountId account);
  // Ends the account's cuttable calls with `why`.
  void cut(base::AccountId account, base::Error why);
  // Ends a call here and now, and at its worker as soon as it can.
  void cancel(const std::shared_ptr<CallState>& call, base::Error why);
  void post(std::move_only_function<void()> work) override;
  // Ends all calls with `shutting_down`, kills all workers; later calls fail and no ReadyHook is
  // called any more. Waits for the I/O thread, which goes on as executor until the destructor.
  void stop();
  // Looks at deadlines now: for tests with a simulated clock.
  void wake();
  [[nodiscard]] PoolStats stats() const;

 private:
  friend class WorkerCall;
  // The client took `bytes`: the worker may send as much again.
  void taken(const std::shared_ptr<CallState>& call, std::size_t bytes);
  void interrupt(const std::shared_ptr<CallState>& call);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace workspace
