// SQL over the audit log: who did, or was denied, what. Entries are only ever added; each one's
// hash covers its content and the hash before it, and a seal under the server's own key says where
// the chain ends, so that a changed, moved, removed, inserted or cut off entry shows (redline audit
// verify).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "features/identity/sealed.hpp"
#include "sql/database.hpp"

namespace identity {

struct AuditEvent {
  base::Instant at;
  std::string actor{};    // usr_…, key_…, "cli", "system", or "" for nobody known
  std::string action{};   // "denied", "key_made", "member_removed" …
  std::string account{};  // "" when it is about no account
  std::string target{};   // an id or a route
  std::string reason{};
  std::string address{};
};

struct AuditEntry {
  std::int64_t sequence = 0;
  AuditEvent event;
  std::string previous_hash;
  std::string hash;
};

// A log whose seal is missing or not ours goes on with an entry that says so.
void append_audit(sql::OperatorTx& tx, const SealKey& key, const AuditEvent& event);

struct AuditFilter {
  std::optional<std::string> account{};
  std::optional<std::string> actor{};
  std::int64_t before = INT64_MAX;  // sequences below this one
  int limit = 50;
};
// Newest first.
[[nodiscard]] std::vector<AuditEntry> audit_entries(sql::OperatorTx& tx, const AuditFilter& filter);

struct AuditFault {
  std::int64_t sequence = 0;  // of the entry, or of the place where it should be
  std::string what;           // "changed", "missing", "added", "unsealed" …
};
struct AuditReport {
  static constexpr std::size_t kMaxFaults = 100;

  std::int64_t entries = 0;
  std::string chain_end;           // the last hash
  std::vector<AuditFault> faults;  // the first of them, in the order of the log; none: whole
};
[[nodiscard]] AuditReport verify_audit(sql::OperatorTx& tx, const SealKey& key);

}  // namespace identity
