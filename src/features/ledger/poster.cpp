#include "features/ledger/poster.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace ledger {

namespace {

// Change per bucket, in the order of Bucket without `none`. `issued` counts
// what was ever given, so leaving it adds to it.
using Deltas = std::array<std::int64_t, 6>;

Deltas deltas_of(const Posting& posting) {
  Deltas deltas{};
  const auto amount = posting.amount.count();
  if (posting.from == Bucket::none) return deltas;
  deltas.at(std::to_underlying(posting.from) - 1U) +=
      posting.from == Bucket::issued ? amount : -amount;
  deltas.at(std::to_underlying(posting.to) - 1U) += amount;
  return deltas;
}

std::int64_t delta(const Deltas& deltas, Bucket bucket) {
  return deltas.at(std::to_underlying(bucket) - 1U);
}

// Rows are read and then written: for RETURNING, SQLite makes a table of its own every time, which
// costs ten times what it saves.
std::int64_t available_of(sql::OperatorTx& tx, std::string_view grant) {
  auto row = tx.prepare("SELECT available_ms FROM grants WHERE id = $1");
  RL_CHECK(row.bind(1, grant).step(), "a posting's grant exists");
  return row.integer(0);
}

// Answers how the account's debt changes: the negative part of a grant's
// available time.
std::int64_t update_grant(sql::OperatorTx& tx, base::GrantId grant, const Deltas& deltas) {
  const auto id = grant.short_text();
  const auto before = available_of(tx, id.view());
  auto row = tx.prepare(
      "UPDATE grants SET issued_ms = issued_ms + $2, available_ms = "
      "available_ms + $3, "
      "held_ms = held_ms + $4, consumed_ms = consumed_ms + $5, expired_ms = "
      "expired_ms + $6, "
      "revoked_ms = revoked_ms + $7 WHERE id = $1");
  row.bind(1, id.view());
  for (std::size_t i = 0; i < deltas.size(); ++i) row.bind(static_cast<int>(i) + 2, deltas.at(i));
  row.run();
  const auto after = before + delta(deltas, Bucket::available);
  return std::max<std::int64_t>(0, -after) - std::max<std::int64_t>(0, -before);
}

void bind_balance(sql::Statement& row, const Posting& posting, const Deltas& deltas,
                  std::int64_t debt, std::int64_t sequence) {
  row.bind(1, posting.account.short_text().view());
  for (std::size_t i = 0; i < deltas.size(); ++i) row.bind(static_cast<int>(i) + 2, deltas.at(i));
  row.bind(8, debt).bind(9, sequence);
}

struct BalanceRow {
  base::Millis available{};
  AccountSums sums;
};

std::optional<BalanceRow> find_balance(sql::OperatorTx& tx, base::AccountId account) {
  auto row =
      tx.prepare("SELECT available_ms, held_ms, debt_ms FROM balances WHERE account_id = $1");
  if (!row.bind(1, account.short_text().view()).step()) return std::nullopt;
  return BalanceRow{base::Millis{row.integer(0)},
                    {base::Millis{row.integer(1)}, base::Millis{row.integer(2)}, 0}};
}

// Returns the account's available time afterwards. Not one upsert: the table's
// checks would judge the differences as if they were a row.
base::Millis update_balance(sql::OperatorTx& tx, const Posting& posting, const Deltas& deltas,
                            std::int64_t debt, std::int64_t sequence, AccountSums& sums) {
  const auto known = find_balance(tx, posting.account);
  auto row = tx.prepare(
      known ? "UPDATE balances SET issued_ms = issued_ms + $2, available_ms = "
              "available_ms + $3, "
              "held_ms = held_ms + $4, consumed_ms = consumed_ms + $5, expired_ms = "
              "expired_ms + $6, "
              "revoked_ms = revoked_ms + $7, debt_ms = debt_ms + $8, version = $9 "
              "WHERE account_id = $1"
            : "INSERT INTO balances (account_id, issued_ms, available_ms, held_ms, consumed_ms, "
              "expired_ms, revoked_ms, debt_ms, version) VALUES "
              "($1, $2, $3, $4, $5, $6, $7, $8, $9)");
  bind_balance(row, posting, deltas, debt, sequence);
  row.run();
  const auto before = known.value_or(BalanceRow{});
  sums = {before.sums.held + base::Millis{delta(deltas, Bucket::held)},
          before.sums.debt + base::Millis{debt}, sequence};
  return before.available + base::Millis{delta(deltas, Bucket::available)};
}

// With all of the amount available, as `issued` says.
bool insert_grant(sql::OperatorTx& tx, const StoredGrant& grant, base::Millis issued) {
  auto row = tx.prepare(
      "INSERT INTO grants (id, account_id, kind, priority, issued_at, expires_at, issued_ms, "
      "available_ms, held_ms, consumed_ms, expired_ms, revoked_ms, business_key, reason, actor) "
      "VALUES ($1, $2, $3, $4, $5, $6, $10, $10, 0, 0, 0, 0, $7, $8, $9) "
      "ON CONFLICT (business_key) DO NOTHING");
  row.bind(1, grant.id.short_text().view())
      .bind(2, grant.account.short_text().view())
      .bind(3, grant_kind_name(grant.kind))
      .bind(4, std::int64_t{grant.priority})
      .bind(5, base::to_micros(grant.issued_at))
      .bind(7, grant.business_key)
      .bind(8, grant.reason)
      .bind(9, grant.actor)
      .bind(10, std::int64_t{issued.count()});
  if (grant.expires_at) row.bind(6, base::to_micros(*grant.expires_at));
  return row.run() == 1;
}

}  // namespace

void Poster::post(Posting posting) {
  const auto debt = posting.grant && posting.amount.count() > 0
                        ? update_grant(tx_, *posting.grant, deltas_of(posting))
                        : std::int64_t{0};
  append(std::move(posting), debt);
}

bool Poster::issue(const StoredGrant& grant, Posting posting) {
  RL_CHECK(
      posting.from == Bucket::issued && posting.to == Bucket::available && !posting.key.empty(),
      "a new grant is issued and available");
  if (!insert_grant(tx_, grant, posting.amount)) return false;
  append(std::move(posting), 0);
  return true;
}

void Poster::append(Posting posting, std::int64_t debt) {
  RL_CHECK(posting.amount.count() >= 0, "an entry moves an amount, never takes one");
  RL_CHECK((posting.from == Bucket::none) == (posting.to == Bucket::none),
           "an entry has two sides");
  RL_CHECK(!posting.key.empty(), "every entry has a business key");
  const auto deltas = deltas_of(posting);
  Entry entry;
  entry.sequence = next_sequence();
  if (!posting.account.empty())
    entry.available_after = update_balance(tx_, posting, deltas, debt, entry.sequence, sums_);
  entry.at = now_;
  entry.kind = posting.kind;
  entry.account = posting.account;
  entry.grant = posting.grant;
  entry.run = posting.run;
  entry.amount = posting.amount;
  entry.from = posting.from;
  entry.to = posting.to;
  entry.key = std::move(posting.key);
  entry.tariff = posting.tariff;
  entry.reason = std::move(posting.reason);
  entry.actor = std::move(posting.actor);
  entry.details = std::move(posting.details);
  entry.previous_hash = end_.hash;
  entry.hash = hash_of(entry);
  insert_entry(tx_, entry);
  end_ = {entry.sequence, entry.hash};
}

}  // namespace ledger
