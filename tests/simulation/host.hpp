// The machine's clocks, timers and schedule. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <vector>

#include "base/clock.hpp"
#include "base/timers.hpp"

namespace simulation {

// The monotonic clock moves with the schedule; the wall clock is stepped by whoever likes to.
struct HostTime {
  base::Micros monotonic{3'600'000'000};
  base::Instant wall = base::from_micros(1'767'225'600'000'000);  // 2026-01-01
  void advance_to(base::Micros at) {
    wall += at - monotonic;
    monotonic = at;
  }
};

// What a process sees: UTC anchored when it started.
class ProcessClock final : public base::Clock {
 public:
  explicit ProcessClock(const HostTime& host) : host_(host), anchor_(host.wall, host.monotonic) {}
  [[nodiscard]] base::Instant now() const override { return anchor_.utc_at(host_.monotonic); }

 private:
  const HostTime& host_;
  base::UtcAnchor anchor_;
};

// Events in order of time, and of their making at the same time.
class Schedule {
 public:
  using Work = std::function<void()>;
  void at(base::Micros when, Work work) { events_.push({when, next_++, std::move(work)}); }
  [[nodiscard]] bool empty() const { return events_.empty(); }
  [[nodiscard]] base::Micros next_time() const { return events_.top().when; }
  [[nodiscard]] Work take() {
    auto work = std::move(const_cast<Event&>(events_.top()).work);
    events_.pop();
    return work;
  }

 private:
  struct Event {
    base::Micros when;
    std::uint64_t number;
    Work work;
    bool operator<(const Event& other) const {
      return std::pair{when, number} > std::pair{other.when, other.number};
    }
  };
  std::priority_queue<Event> events_;
  std::uint64_t next_ = 0;
};

// Timers of one process. They fire when the simulation says so: a machine may be late, and idle
// hours are skipped.
class ProcessTimers final : public base::Timers {
 public:
  base::TimerId at(base::Instant when, base::Executor& executor,
                   std::move_only_function<void()> work) override {
    const auto id = next_++;
    armed_.emplace(id, Armed{when, &executor, std::move(work)});
    return base::TimerId{id};
  }
  bool cancel(base::TimerId id) override {
    return armed_.erase(static_cast<std::uint64_t>(id)) > 0;
  }
  void fire_until(base::Instant now) {
    for (auto next = armed_.begin(); next != armed_.end();) {
      auto& [when, executor, work] = next->second;
      if (when > now) {
        ++next;
        continue;
      }
      executor->post(std::move(work));
      next = armed_.erase(next);
    }
  }

 private:
  struct Armed {
    base::Instant when;
    base::Executor* executor;
    std::move_only_function<void()> work;
  };
  std::map<std::uint64_t, Armed> armed_;
  std::uint64_t next_ = 1;
};

}  // namespace simulation
