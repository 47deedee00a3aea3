#include "features/identity/audit_store.hpp"

#include <algorithm>
#include <string>

#include "features/identity/secret_token.hpp"

namespace identity {
namespace {

constexpr std::string_view kAuditColumns =
    "SELECT sequence, at, actor, action, account_id, target, reason, address, previous_hash, hash"
    " FROM audit_log ";

// Every field with its length before it: no two contents have the same text, whatever their bytes.
std::string hash_of(const AuditEntry& entry) {
  std::string text;
  const auto add = [&](std::string_view field) {
    text.append(std::to_string(field.size())).append(":").append(field);
  };
  add(entry.previous_hash);
  add(std::to_string(entry.sequence));
  add(std::to_string(base::to_micros(entry.event.at)));
  add(entry.event.actor);
  add(entry.event.action);
  add(entry.event.account);
  add(entry.event.target);
  add(entry.event.reason);
  add(entry.event.address);
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

// The end of the chain.
struct Link {
  std::int64_t sequence = 0;
  std::string hash{};
};

std::string mark_of(const SealKey& key, const Link& end) {
  return keyed_mark(key, "audit:" + std::to_string(end.sequence) + ':' + end.hash);
}

Link last_entry(sql::OperatorTx& tx) {
  auto last = tx.prepare("SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1");
  if (!last.step()) return {};
  return {.sequence = last.integer(0), .hash = std::string(last.text(1))};
}

// nullopt: there is none, or somebody else wrote it.
std::optional<Link> sealed_end(sql::OperatorTx& tx, const SealKey& key) {
  auto select = tx.prepare("SELECT sequence, hash, mark FROM audit_seal WHERE one = 1");
  if (!select.step()) return std::nullopt;
  Link end{.sequence = select.integer(0), .hash = std::string(select.text(1))};
  if (!same_secret(select.text(2), mark_of(key, end))) return std::nullopt;
  return end;
}

void put_seal(sql::OperatorTx& tx, const SealKey& key, const Link& end) {
  auto put = tx.prepare(
      "INSERT INTO audit_seal (one, sequence, hash, mark) VALUES (1, $1, $2, $3)"
      " ON CONFLICT (one) DO UPDATE SET sequence = $1, hash = $2, mark = $3");
  put.bind(1, end.sequence).bind(2, end.hash).bind(3, mark_of(key, end)).run();
}

Link insert_after(sql::OperatorTx& tx, const Link& before, const AuditEvent& event) {
  AuditEntry entry{
      .sequence = before.sequence + 1, .event = event, .previous_hash = before.hash, .hash = {}};
  entry.hash = hash_of(entry);
  auto insert = tx.prepare(
      "INSERT INTO audit_log (sequence, at, actor, action, account_id, target, reason, address,"
      " previous_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
  insert.bind(1, entry.sequence).bind(2, base::to_micros(event.at)).bind(3, event.actor);
  insert.bind(4, event.action).bind(5, event.account).bind(6, event.target);
  insert.bind(7, event.reason).bind(8, event.address).bind(9, entry.previous_hash);
  insert.bind(10, entry.hash).run();
  return {.sequence = entry.sequence, .hash = std::move(entry.hash)};
}

void add_fault(AuditReport& report, std::int64_t sequence, std::string what) {
  if (report.faults.size() < AuditReport::kMaxFaults)
    report.faults.push_back({.sequence = sequence, .what = std::move(what)});
}

// `end`: of the entries that are there.
void check_seal(sql::OperatorTx& tx, const SealKey& key, const Link& end, AuditReport& report) {
  const auto sealed = sealed_end(tx, key);
  if (!sealed) {
    auto any = tx.prepare("SELECT 1 FROM audit_seal");
    if (end.sequence > 0 || any.step()) add_fault(report, end.sequence, "unsealed");
  } else if (sealed->sequence > end.sequence) {
    add_fault(report, end.sequence + 1, "missing");
  } else if (sealed->sequence < end.sequence) {
    add_fault(report, sealed->sequence + 1, "added");
  } else if (sealed->hash != end.hash) {
    add_fault(report, end.sequence, "changed");
  }
}

}  // namespace

void append_audit(sql::OperatorTx& tx, const SealKey& key, const AuditEvent& event) {
  const auto last = last_entry(tx);
  auto end = sealed_end(tx, key);
  if (!end) {
    end = last;
    if (last.sequence > 0)
      end = insert_after(tx, last,
                         {.at = event.at,
                          .actor = "system",
                          .action = "audit_unsealed",
                          .reason = "the log had no seal of this server"});
  }
  // After the sealed end, not after whatever stands there now: what was cut off stays missing.
  end->sequence = std::max(end->sequence, last.sequence);
  put_seal(tx, key, insert_after(tx, *end, event));
}

std::vector<AuditEntry> audit_entries(sql::OperatorTx& tx, const AuditFilter& filter) {
  auto select = tx.prepare(std::string(kAuditColumns) +
                           "WHERE ($1 = '' OR account_id = $1) AND sequence < $2"
                           " AND ($4 = '' OR actor = $4) ORDER BY sequence DESC LIMIT $3");
  select.bind(1, filter.account.value_or("")).bind(2, filter.before);
  select.bind(3, std::int64_t{filter.limit}).bind(4, filter.actor.value_or(""));
  std::vector<AuditEntry> entries;
  while (select.step()) entries.push_back(entry_at(select));
  return entries;
}

AuditReport verify_audit(sql::OperatorTx& tx, const SealKey& key) {
  AuditReport report;
  Link end;
  auto select = tx.prepare(std::string(kAuditColumns) + "ORDER BY sequence");
  while (select.step()) {
    const auto entry = entry_at(select);
    ++report.entries;
    if (entry.sequence > end.sequence + 1)
      add_fault(report, end.sequence + 1, "missing");
    else if (entry.previous_hash != end.hash)
      add_fault(report, entry.sequence, "does not follow the one before");
    if (entry.hash != hash_of(entry)) add_fault(report, entry.sequence, "changed");
    end = {.sequence = entry.sequence, .hash = entry.hash};
  }
  report.chain_end = end.hash;
  check_seal(tx, key, end, report);
  return report;
}

}  // namespace identity
