// Carries snapshots of runs from the live meter to the ledger. What the store refused is kept and
// sent again, newest state per run, so a broken store costs memory for the live runs only.
#pragma once

#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/log.hpp"
#include "base/task.hpp"
#include "features/ledger/ledger_service.hpp"
#include "features/metering/live_meter.hpp"

namespace metering {

// Thread-safe; two steps may overlap (each carries what it collected).
class Settler {
 public:
  Settler(ledger::LedgerService& ledger, LiveMeter& meter, base::Log& log, base::Instant start);
  base::Task<base::Result<void>> step(base::Instant now);
  // Up to here every use is in the ledger.
  [[nodiscard]] base::Instant settled_until() const;
  [[nodiscard]] std::int64_t failures() const { return failures_.load(); }

 private:
  [[nodiscard]] std::vector<QueuedRun> gather(base::Instant now);
  base::Task<base::Result<void>> send(std::vector<QueuedRun> part);
  void keep(const std::vector<QueuedRun>& part);
  void keep_locked(const QueuedRun& queued);
  void join_kept(std::vector<QueuedRun>& part);

  ledger::LedgerService& ledger_;
  LiveMeter& meter_;
  base::Log& log_;
  std::mutex mutex_;
  std::unordered_map<base::RunId, QueuedRun> kept_;  // under mutex_
  // Runs in one settle(). Halved by a failure, so that one run the store refuses ends up alone and
  // the others pass.
  std::atomic<std::size_t> part_size_;
  std::atomic<std::int64_t> settled_until_;
  std::atomic<std::int64_t> failures_ = 0;
  std::atomic<std::int64_t> unexpected_ = 0;  // answers that gave back more than was on its way
};

}  // namespace metering
