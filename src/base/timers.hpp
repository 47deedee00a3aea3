// Timers: calls `work` once, at or just after an instant, on the executor given. Real ones have a
// thread; simulated ones fire when the test advances them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/executor.hpp"
#include "base/task.hpp"

namespace base {

enum class TimerId : std::uint64_t {};

class Timers {
 public:
  virtual ~Timers() = default;
  // Thread-safe. `executor` outlives the timer.
  virtual TimerId at(Instant when, Executor& executor, std::move_only_function<void()> work) = 0;
  // False when it has already been posted.
  virtual bool cancel(TimerId id) = 0;
};

// Pauses the coroutine until `when`; resumes on the executor it waited on.
Task<void> sleep_until(Timers& timers, Instant when);

// One thread; resolution about a millisecond.
class ThreadTimers final : public Timers {
 public:
  explicit ThreadTimers(const Clock& clock);
  ~ThreadTimers() override;
  TimerId at(Instant when, Executor& executor, std::move_only_function<void()> work) override;
  bool cancel(TimerId id) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// advance() moves the clock from timer to timer, posting each, and ends at now + by.
class SimulatedTimers final : public Timers {
 public:
  explicit SimulatedTimers(SimulatedClock& clock);
  ~SimulatedTimers() override;
  TimerId at(Instant when, Executor& executor, std::move_only_function<void()> work) override;
  bool cancel(TimerId id) override;
  void advance(Micros by);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace base
