// Collects what happened and writes it to the audit log in batches, so that a refusal costs its
// request nothing. Bounded: what does not fit is counted, and the count is an entry. Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "features/identity/audit_store.hpp"

namespace identity {

class AuditTrail {
 public:
  static constexpr std::size_t kMaxWaiting = 10'000;

  AuditTrail(sql::Database& database, const base::Clock& clock, const SealKey& key)
      : database_(database), clock_(clock), key_(key) {}

  // With the transaction of what happened.
  void append(sql::OperatorTx& tx, const AuditEvent& event) const { append_audit(tx, key_, event); }

  void note(AuditEvent event);
  // Writes what was noted; keeps it for the next time when the store fails.
  base::Task<base::Result<void>> flush();

  base::Task<base::Result<std::vector<AuditEntry>>> entries(AuditFilter filter);
  base::Task<base::Result<AuditReport>> verify();

 private:
  sql::Database& database_;
  const base::Clock& clock_;
  const SealKey key_;
  std::mutex mutex_;
  std::vector<AuditEvent> waiting_;
  std::int64_t dropped_ = 0;
};

}  // namespace identity
