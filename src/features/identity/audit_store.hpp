// SQL over the audit log: who did, or was denied, what. Entries are only ever added; each one's
// hash covers its content and the hash before it, so that a changed, removed or inserted entry
// shows (redline audit verify).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
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

void append_audit(sql::OperatorTx& tx, const AuditEvent& event);

struct AuditFilter {
  std::optional<std::string> account{};
  std::int64_t before = INT64_MAX;  // sequences below this one
  int limit = 50;
};
// Newest first.
[[nodiscard]] std::vector<AuditEntry> audit_entries(sql::OperatorTx& tx, const AuditFilter& filter);

struct AuditReport {
  std::int64_t entries = 0;
  std::string chain_end;                  // the last hash
  std::optional<std::int64_t> broken_at;  // the first entry that does not fit
};
[[nodiscard]] AuditReport verify_audit(sql::OperatorTx& tx);

}  // namespace identity
