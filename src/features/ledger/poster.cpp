#include "features/ledger/poster.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "features/ledger/grant_store.hpp"

namespace ledger {

namespace {

// Some 600 bytes each.
constexpr std::size_t kMostRemembered = 131'072;

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

void update_grant(sql::OperatorTx& tx, const StoredGrant& grant, const Deltas& deltas) {
  auto row = tx.prepare(
      "UPDATE grants SET issued_ms = issued_ms + $2, available_ms = "
      "available_ms + $3, "
      "held_ms = held_ms + $4, consumed_ms = consumed_ms + $5, expired_ms = "
      "expired_ms + $6, "
      "revoked_ms = revoked_ms + $7 WHERE entry = $1");
  row.bind(1, grant.entry);
  for (std::size_t i = 0; i < deltas.size(); ++i) row.bind(static_cast<int>(i) + 2, deltas.at(i));
  RL_CHECK(row.run() == 1, "a posting's grant exists");
}

// Nearly every entry: a run burns what is available.
void burn_grant(sql::OperatorTx& tx, const StoredGrant& grant, base::Millis amount) {
  auto row = tx.prepare(
      "UPDATE grants SET available_ms = available_ms - $2, consumed_ms = consumed_ms + $2 "
      "WHERE entry = $1");
  row.bind(1, grant.entry).bind(2, std::int64_t{amount.count()});
  RL_CHECK(row.run() == 1, "a charge's grant exists");
}

// With all of the amount available, as `issued` says.
bool insert_grant(sql::OperatorTx& tx, const StoredGrant& grant, base::Millis issued,
                  std::int64_t entry) {
  auto row = tx.prepare(
      "INSERT INTO grants (entry, id, account_id, kind, priority, issued_at, expires_at, "
      "issued_ms, "
      "available_ms, held_ms, consumed_ms, expired_ms, revoked_ms, business_key, reason, actor) "
      "VALUES ($11, $1, $2, $3, $4, $5, $6, $10, $10, 0, 0, 0, 0, $7, $8, $9) "
      "ON CONFLICT (business_key) DO NOTHING");
  row.bind(1, grant.id.short_text().view())
      .bind(2, grant.account.short_text().view())
      .bind(3, grant_kind_name(grant.kind))
      .bind(4, std::int64_t{grant.priority})
      .bind(5, base::to_micros(grant.issued_at))
      .bind(7, grant.business_key)
      .bind(8, grant.reason)
      .bind(9, grant.actor)
      .bind(10, std::int64_t{issued.count()})
      .bind(11, entry);
  if (grant.expires_at) row.bind(6, base::to_micros(*grant.expires_at));
  return row.run() == 1;
}

// As a purse has it.
StoredGrant bare(const StoredGrant& grant, base::Millis issued, std::int64_t entry) {
  StoredGrant made;
  made.id = grant.id;
  made.account = grant.account;
  made.priority = grant.priority;
  made.issued_at = grant.issued_at;
  made.expires_at = grant.expires_at;
  made.issued = made.available = issued;
  made.entry = entry;
  return made;
}

}  // namespace

Poster::Poster(sql::OperatorTx& tx, base::Instant now)
    : tx_(tx), now_(now), memory_(tx.memory<LedgerMemory>()) {
  if (!memory_.end) memory_.end = load_chain_end(tx);
}

void Poster::post(Posting posting) {
  if (posting.grant && posting.amount.count() > 0) {
    auto* grant = purse(posting.account).find(*posting.grant);
    RL_CHECK(grant != nullptr, "a posting's grant is its account's");
    move_time(*grant, posting.amount, posting.from, posting.to);
    if (posting.from == Bucket::available && posting.to == Bucket::consumed)
      burn_grant(tx_, *grant, posting.amount);
    else
      update_grant(tx_, *grant, deltas_of(posting));
  }
  append(std::move(posting));
}

bool Poster::issue(const StoredGrant& grant, Posting posting) {
  RL_CHECK(
      posting.from == Bucket::issued && posting.to == Bucket::available && !posting.key.empty(),
      "a new grant is issued and available");
  auto& purse = this->purse(grant.account);  // read before the grant is there
  if (!insert_grant(tx_, grant, posting.amount, next_sequence())) return false;
  purse.grants.push_back(bare(grant, posting.amount, next_sequence()));
  append(std::move(posting));
  return true;
}

KnownAccount& Poster::account(base::AccountId account) {
  if (latest_ != nullptr && latest_->purse.account == account) return *latest_;
  auto& accounts = memory_.accounts;
  if (const auto known = accounts.find(account); known != accounts.end())
    return *(latest_ = &known->second);
  auto tx = tx_.for_account(account);
  KnownAccount fresh{.purse = load_purse(tx)};
  if (fresh.purse.version != 0) fresh.armed = load_armed(tx, fresh.purse);
  if (accounts.size() >= kMostRemembered) accounts.erase(accounts.begin());
  return *(latest_ = &accounts.emplace(account, std::move(fresh)).first->second);
}

void Poster::append(Posting posting) {
  RL_CHECK(posting.amount.count() >= 0, "an entry moves an amount, never takes one");
  RL_CHECK((posting.from == Bucket::none) == (posting.to == Bucket::none),
           "an entry has two sides");
  RL_CHECK(!posting.key.empty(), "every entry has a business key");
  Entry entry;
  entry.sequence = next_sequence();
  EntryPlace place{.is_listed = posting.is_listed};
  if (!posting.account.empty()) {
    auto& purse = this->purse(posting.account);
    place.before = std::exchange(purse.version, entry.sequence);
    RL_CHECK(place.before != 0 || place.is_listed, "an account's first entry is listed");
    entry.available_after = purse.available();
  }
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
  entry.previous_hash = memory_.end->hash;
  entry.hash = hash_of(entry);
  insert_entry(tx_, entry, place);
  memory_.end = {entry.sequence, entry.hash};
}

}  // namespace ledger
