// The auditor's look at the tables: they must say what its model of the journal says.
#include <algorithm>

#include <fmt/format.h>

#include "auditor.hpp"

namespace simulation {

void Auditor::recovered(sql::Connection& store, std::int64_t now) {
  ++checks_;
  if (last_sequence_ > 0) {
    auto row = store.prepare("SELECT hex(hash) FROM journal WHERE sequence = $1");
    row.bind(1, last_sequence_);
    if (!row.step() || row.text(0) != last_hash_)
      throw Breach(Invariant::durable, fmt::format("entry {} was there before the crash and is "
                                                   "gone or another",
                                                   last_sequence_));
  }
  read_journal(store, now);
  for (auto& [id, account] : accounts_) {
    account.proofs.clear();
    account.goodbyes.clear();
    account.last_end.reset();
  }
}

void Auditor::compare_tables(sql::Connection& store, const std::string& account) {
  ++checks_;
  compare_grants(store, account);
  compare_runs(store, account);
}

void Auditor::compare_all_tables(sql::Connection& store) {
  for (const auto& [id, account] : accounts_) compare_tables(store, id);
  auto count = store.prepare("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM grants)");
  count.step();
  std::int64_t runs = 0;
  std::int64_t grants = 0;
  for (const auto& [id, account] : accounts_) {
    runs += static_cast<std::int64_t>(account.stored.size());
    grants += static_cast<std::int64_t>(account.purse.grants.size());
  }
  if (count.integer(0) != runs || count.integer(1) != grants)
    throw Breach(Invariant::isolation, "the tables hold runs or grants of nobody");
}

void Auditor::compare_grants(sql::Connection& store, const std::string& id) {
  const auto& purse = look_at(id).purse;
  auto rows = store.prepare(
      "SELECT id, issued_ms, available_ms, held_ms, consumed_ms, expired_ms, revoked_ms FROM "
      "grants WHERE account_id = $1");
  rows.bind(1, id);
  std::size_t count = 0;
  while (rows.step()) {
    ++count;
    const auto found = std::ranges::find(purse.grants, rows.text(0), &PurseGrant::id);
    if (found == purse.grants.end())
      throw Breach(Invariant::durable, fmt::format("a grant nobody knows: {}", rows.text(0)));
    int column = 1;
    for (const auto* bucket : {"issued", "available", "held", "consumed", "expired", "revoked"})
      if (rows.integer(column++) != found->in.at(bucket))
        throw Breach(Invariant::sums, fmt::format("grant {}: {} is {}, not {}", found->key, bucket,
                                                  rows.integer(column - 1), found->in.at(bucket)));
  }
  if (count != purse.grants.size())
    throw Breach(Invariant::durable, "a grant of " + id + " is gone");
}

void Auditor::compare_runs(sql::Connection& store, const std::string& id) {
  const auto& account = look_at(id);
  auto rows = store.prepare(
      "SELECT start_at, end_at, billed_ms, unbilled_ms, coalesce((SELECT sum(amount_ms) FROM "
      "run_charges c WHERE c.account_id = $1 AND c.run_id = runs.id), 0) + CASE WHEN grant_id IS "
      "NULL THEN 0 ELSE billed_ms END FROM runs WHERE "
      "account_id = $1 ORDER BY start_at");
  rows.bind(1, id);
  std::size_t at = 0;
  std::int64_t billed = 0;
  std::int64_t unbilled = 0;
  while (rows.step()) {
    const Stretch run{rows.integer(0), rows.integer(1)};
    if (at >= account.stored.size() || account.stored[at] != run)
      throw Breach(Invariant::disjoint, fmt::format("{} has a run [{}, {}) that is not the model's",
                                                    id, run.start, run.end));
    ++at;
    billed += rows.integer(2);
    unbilled += rows.integer(3);
    if (rows.integer(2) + rows.integer(3) != billed_ms({run}))
      throw Breach(Invariant::sums, fmt::format("{}: run [{}, {}) is {} ms, billed {} and not "
                                                "billed {}",
                                                id, run.start, run.end, billed_ms({run}),
                                                rows.integer(2), rows.integer(3)));
    if (rows.integer(4) != rows.integer(2))
      throw Breach(Invariant::sums, id + ": what a run burned is not what it was billed");
  }
  if (at != account.stored.size()) throw Breach(Invariant::durable, "a run of " + id + " is gone");
  if (billed != account.billed || unbilled != account.unbilled)
    throw Breach(Invariant::sums, id + ": the runs do not add up to what was charged");
}

}  // namespace simulation
