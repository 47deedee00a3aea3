#include "features/ledger/grant_store.hpp"

#include "features/ledger/journal.hpp"

namespace ledger {

namespace {

StoredGrant read_grant(const sql::Statement& row) {
  StoredGrant grant;
  grant.id = base::GrantId::parse(row.text(0)).value();
  grant.account = base::AccountId::parse(row.text(1)).value();
  grant.kind = parse_grant_kind(row.text(2)).value();
  grant.priority = static_cast<int>(row.integer(3));
  grant.issued_at = base::from_micros(row.integer(4));
  if (!row.is_null(5)) grant.expires_at = base::from_micros(row.integer(5));
  grant.issued = base::Millis{row.integer(6)};
  grant.available = base::Millis{row.integer(7)};
  grant.held = base::Millis{row.integer(8)};
  grant.consumed = base::Millis{row.integer(9)};
  grant.expired = base::Millis{row.integer(10)};
  grant.revoked = base::Millis{row.integer(11)};
  grant.business_key = row.text(12);
  grant.reason = row.text(13);
  grant.actor = row.text(14);
  grant.entry = row.integer(15);
  return grant;
}

std::vector<StoredGrant> read_all(sql::Statement& rows) {
  std::vector<StoredGrant> grants;
  while (rows.step()) grants.push_back(read_grant(rows));
  return grants;
}

std::optional<StoredGrant> read_one(sql::Statement& row) {
  return row.step() ? std::optional{read_grant(row)} : std::nullopt;
}

#define RL_GRANT_COLUMNS                                               \
  "id, account_id, kind, priority, issued_at, expires_at, issued_ms, " \
  "available_ms, held_ms, "                                            \
  "consumed_ms, expired_ms, revoked_ms, business_key, reason, actor, entry"

}  // namespace

std::optional<StoredGrant> find_grant_by_key(sql::OperatorTx& tx, std::string_view business_key) {
  auto row = tx.prepare("SELECT " RL_GRANT_COLUMNS " FROM grants WHERE business_key = $1");
  row.bind(1, business_key);
  return read_one(row);
}

std::optional<StoredGrant> find_grant(sql::OperatorTx& tx, base::GrantId id) {
  auto row = tx.prepare("SELECT " RL_GRANT_COLUMNS " FROM grants WHERE id = $1");
  row.bind(1, id.short_text().view());
  return read_one(row);
}

std::vector<StoredGrant> list_due_grants(sql::OperatorTx& tx, base::Instant until,
                                         std::int64_t limit) {
  auto rows = tx.prepare("SELECT " RL_GRANT_COLUMNS
                         " FROM grants WHERE available_ms > 0 AND expires_at IS NOT NULL "
                         "AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2");
  rows.bind(1, base::to_micros(until)).bind(2, limit);
  return read_all(rows);
}

std::vector<StoredGrant> list_all_grants(sql::AccountTx& tx) {
  auto rows = tx.prepare("SELECT " RL_GRANT_COLUMNS
                         " FROM grants WHERE account_id = $1 ORDER BY issued_at, id");
  return read_all(rows);
}

std::vector<StoredGrant> list_grants_with_time(sql::AccountTx& tx) {
  auto rows = tx.prepare("SELECT " RL_GRANT_COLUMNS
                         " FROM grants WHERE account_id = $1 AND available_ms > 0");
  return read_all(rows);
}

std::vector<StoredGrant> list_grants_in_debt(sql::AccountTx& tx) {
  auto rows = tx.prepare("SELECT " RL_GRANT_COLUMNS
                         " FROM grants WHERE account_id = $1 AND available_ms < 0 "
                         "ORDER BY issued_at, id");
  return read_all(rows);
}

Purse load_purse(sql::AccountTx& tx) {
  Purse purse{.account = tx.account(), .grants = {}, .version = find_last_entry(tx)};
  if (purse.version == 0) return purse;  // what has no entry has no grant
  auto rows = tx.prepare(
      "SELECT id, priority, issued_at, expires_at, issued_ms, available_ms, held_ms, consumed_ms, "
      "expired_ms, revoked_ms, entry FROM grants WHERE account_id = $1");
  while (rows.step()) {
    auto& grant = purse.grants.emplace_back();
    grant.id = base::GrantId::parse(rows.text(0)).value();
    grant.account = tx.account();
    grant.priority = static_cast<int>(rows.integer(1));
    grant.issued_at = base::from_micros(rows.integer(2));
    if (!rows.is_null(3)) grant.expires_at = base::from_micros(rows.integer(3));
    grant.issued = base::Millis{rows.integer(4)};
    grant.available = base::Millis{rows.integer(5)};
    grant.held = base::Millis{rows.integer(6)};
    grant.consumed = base::Millis{rows.integer(7)};
    grant.expired = base::Millis{rows.integer(8)};
    grant.revoked = base::Millis{rows.integer(9)};
    grant.entry = rows.integer(10);
  }
  return purse;
}

Balance load_balance(sql::AccountTx& tx, base::Instant now) {
  return balance_of(load_purse(tx), now);
}

}  // namespace ledger
