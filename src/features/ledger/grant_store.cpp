#include "features/ledger/grant_store.hpp"

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

// What a grant has left, above zero, and until when.
struct Lot {
  base::Millis available;
  std::optional<base::Instant> expires_at;
};

AccountSums load_sums(sql::AccountTx& tx) {
  auto row = tx.prepare("SELECT held_ms, debt_ms, version FROM balances WHERE account_id = $1");
  if (!row.step()) return {};
  return {base::Millis{row.integer(0)}, base::Millis{row.integer(1)}, row.integer(2)};
}

Balance balance_of(base::AccountId account, const AccountSums& sums, const std::vector<Lot>& lots,
                   base::Instant now) {
  Balance balance;
  balance.account = account;
  balance.as_of = now;
  balance.held = sums.held;
  balance.debt = sums.debt;
  balance.version = sums.version;
  if (sums.debt.count() > 0) return balance;
  for (const auto& lot : lots) {
    if (lot.expires_at && *lot.expires_at <= now) continue;
    balance.available += lot.available;
    if (lot.expires_at)
      balance.next_expiry =
          std::min(*lot.expires_at, balance.next_expiry.value_or(*lot.expires_at));
  }
  for (const auto& lot : lots)
    if (!lot.expires_at || *lot.expires_at > balance.next_expiry.value_or(now))
      balance.after_expiry += lot.available;
  return balance;
}

#define RL_GRANT_COLUMNS                                               \
  "id, account_id, kind, priority, issued_at, expires_at, issued_ms, " \
  "available_ms, held_ms, "                                            \
  "consumed_ms, expired_ms, revoked_ms, business_key, reason, actor"

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

std::vector<StoredGrant> list_grants_for_use(sql::AccountTx& tx, base::Instant at) {
  auto rows = tx.prepare("SELECT " RL_GRANT_COLUMNS
                         " FROM grants WHERE account_id = $1 AND (available_ms > 0 OR "
                         "(expired_ms > 0 AND expires_at > $2))");
  rows.bind(2, base::to_micros(at));
  return read_all(rows);
}

std::vector<StoredGrant> list_grants_in_debt(sql::AccountTx& tx) {
  auto rows = tx.prepare("SELECT " RL_GRANT_COLUMNS
                         " FROM grants WHERE account_id = $1 AND available_ms < 0 "
                         "ORDER BY issued_at, id");
  return read_all(rows);
}

Balance load_balance(sql::AccountTx& tx, base::Instant now) {
  return load_balance_with(tx, load_sums(tx), now);
}

Balance load_balance_with(sql::AccountTx& tx, const AccountSums& sums, base::Instant now) {
  std::vector<Lot> lots;
  auto rows = tx.prepare(
      "SELECT available_ms, expires_at FROM grants WHERE account_id = $1 AND available_ms > 0");
  while (rows.step())
    lots.push_back(
        {base::Millis{rows.integer(0)},
         rows.is_null(1) ? std::nullopt : std::optional{base::from_micros(rows.integer(1))}});
  return balance_of(tx.account(), sums, lots, now);
}

Balance balance_from(base::AccountId account, const AccountSums& sums,
                     const std::vector<StoredGrant>& grants, base::Instant now) {
  std::vector<Lot> lots;
  for (const auto& grant : grants)
    if (grant.available.count() > 0) lots.push_back({grant.available, grant.expires_at});
  return balance_of(account, sums, lots, now);
}

}  // namespace ledger
