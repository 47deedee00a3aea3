// Usage history for reports: follows the ledger on a thread of its own. It may lag, fail or stand
// still: metering and billing do not wait for it and do not know it. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/task.hpp"
#include "base/timers.hpp"
#include "features/reports/history_follower.hpp"
#include "features/reports/history_lane.hpp"

namespace reports {

struct HistoryHealth {
  bool ok = true;
  std::string last_error;  // for operators; empty when ok
  base::Instant as_of;     // what the ledger said until then is in; the epoch before the first look
  std::uint64_t dropped = 0;  // requests that reports do not count
};

class HistoryService {
 public:
  // All outlive it. Nothing is opened before start().
  HistoryService(HistoryOptions options, sql::Database& database, const base::Clock& clock,
                 base::Timers& timers, base::Log& log);
  ~HistoryService();

  void start();
  // Writes what is there, then closes the file.
  void stop();

  // Never waits; the texts are literals, or live as long as the service.
  void record(const ActivitySource& source, base::Instant at, const ActivityCounts& counts) {
    activity_.add(source, at, counts);
  }
  // Looks at the ledger first when the last look was some time ago. `overloaded` when many wait.
  base::Task<base::Result<UsageReport>> usage(UsageQuery query);
  [[nodiscard]] HistoryHealth health() const;

  // For tests: holds the thread up.
  [[nodiscard]] HistoryLane& lane() { return lane_; }

 private:
  void look();
  void schedule();

  HistoryOptions options_;
  const base::Clock& clock_;
  base::Timers& timers_;
  base::Log& log_;
  ActivityTable activity_;
  HistoryFollower follower_;
  mutable std::mutex mutex_;
  HistoryHealth health_;                // under mutex_
  std::optional<base::TimerId> timer_;  // under mutex_
  bool started_ = false;                // under mutex_
  bool stopping_ = false;               // under mutex_
  base::Instant looked_at_{};           // the lane's
  HistoryLane lane_;                    // last: ends before what it uses
};

}  // namespace reports
