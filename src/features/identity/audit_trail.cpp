#include "features/identity/audit_trail.hpp"

#include <iterator>
#include <string>
#include <utility>

#include "features/identity/without_value.hpp"

namespace identity {

void AuditTrail::note(AuditEvent event) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() < kMaxWaiting)
    waiting_.push_back(std::move(event));
  else
    ++dropped_;
}

base::Task<base::Result<void>> AuditTrail::flush() {
  std::vector<AuditEvent> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(waiting_);
    if (const auto dropped = std::exchange(dropped_, 0); dropped > 0)
      batch.push_back({.at = clock_.now(),
                       .actor = "system",
                       .action = "dropped",
                       .reason = std::to_string(dropped) + " events did not fit"});
  }
  if (batch.empty()) co_return base::Result<void>{};
  auto written =
      co_await database_.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        for (const auto& event : batch) append(tx, event);
        return true;
      });
  if (!written) {
    const std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()),
                    std::make_move_iterator(batch.end()));
  }
  co_return without_value(std::move(written));
}

base::Task<base::Result<std::vector<AuditEntry>>> AuditTrail::entries(AuditFilter filter) {
  auto found = co_await database_.read_operator<std::vector<AuditEntry>>(
      [&](sql::OperatorTx& tx) -> base::Result<std::vector<AuditEntry>> {
        return audit_entries(tx, filter);
      });
  co_return found;
}

base::Task<base::Result<AuditReport>> AuditTrail::verify() {
  auto report = co_await database_.read_operator<AuditReport>(
      [&](sql::OperatorTx& tx) -> base::Result<AuditReport> { return verify_audit(tx, key_); });
  co_return report;
}

}  // namespace identity
