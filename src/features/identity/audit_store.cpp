#include "features/identity/audit_store.hpp"

#include <limits>

#include "base/json.hpp"
#include "features/identity/secret_token.hpp"

namespace identity {
namespace {

constexpr std::string_view kAuditColumns =
    "SELECT sequence, at, actor, action, account_id, target, reason, address, previous_hash, hash"
    " FROM audit_log ";

// JSON, because no two contents have the same text.
std::string hash_of(const AuditEntry& entry) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_array();
  json.value(entry.previous_hash);
  json.value(entry.sequence);
  json.value(base::to_micros(entry.event.at));
  json.value(entry.event.actor);
  json.value(entry.event.action);
  json.value(entry.event.account);
  json.value(entry.event.target);
  json.value(entry.event.reason);
  json.value(entry.event.address);
  json.end_array();
  return hash_secret(text);
}

AuditEntry entry_at(const sql::Statement& row) {
  return {.sequence = row.integer(0),
          .event = {.at = base::from_micros(row.integer(1)),
                    .actor = std::string(row.text(2)),
                    .action = std::string(row.text(3)),
                    .account = std::string(row.text(4)),
                    .target = std::string(row.text(5)),
                    .reason = std::string(row.text(6)),
                    .address = std::string(row.text(7))},
          .previous_hash = std::string(row.text(8)),
          .hash = std::string(row.text(9))};
}

}  // namespace

void append_audit(sql::OperatorTx& tx, const AuditEvent& event) {
  AuditEntry entry{.sequence = 1, .event = event, .previous_hash = {}, .hash = {}};
  {
    auto last = tx.prepare("SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1");
    if (last.step()) {
      entry.sequence = last.integer(0) + 1;
      entry.previous_hash = last.text(1);
    }
  }
  entry.hash = hash_of(entry);
  auto insert = tx.prepare(
      "INSERT INTO audit_log (sequence, at, actor, action, account_id, target, reason, address,"
      " previous_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
  insert.bind(1, entry.sequence).bind(2, base::to_micros(event.at)).bind(3, event.actor);
  insert.bind(4, event.action).bind(5, event.account).bind(6, event.target);
  insert.bind(7, event.reason).bind(8, event.address).bind(9, entry.previous_hash);
  insert.bind(10, entry.hash).run();
}

std::vector<AuditEntry> audit_entries(sql::OperatorTx& tx, const AuditFilter& filter) {
  auto select = tx.prepare(std::string(kAuditColumns) +
                           "WHERE ($1 = '' OR account_id = $1) AND sequence < $2"
                           " ORDER BY sequence DESC LIMIT $3");
  select.bind(1, filter.account.value_or("")).bind(2, filter.before);
  select.bind(3, std::int64_t{filter.limit});
  std::vector<AuditEntry> entries;
  while (select.step()) entries.push_back(entry_at(select));
  return entries;
}

AuditReport verify_audit(sql::OperatorTx& tx) {
  AuditReport report;
  auto select = tx.prepare(std::string(kAuditColumns) + "ORDER BY sequence");
  while (select.step()) {
    const auto entry = entry_at(select);
    ++report.entries;
    const bool fits = entry.sequence == report.entries && entry.previous_hash == report.chain_end &&
                      entry.hash == hash_of(entry);
    if (!fits && !report.broken_at) report.broken_at = entry.sequence;
    report.chain_end = entry.hash;
  }
  return report;
}

}  // namespace identity
