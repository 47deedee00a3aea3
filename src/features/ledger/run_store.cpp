#include "features/ledger/run_store.hpp"

namespace ledger {

namespace {

#define RL_RUN_COLUMNS                                                        \
  "id, account_id, start_at, end_at, ended_because, billed_ms, unbilled_ms, " \
  "unbilled_reason, overlap_ms, proofs, requests, tariff, lane, idle_ms, "    \
  "routes, opened_by, "                                                       \
  "last_proof_at"

StoredRun read_run(const sql::Statement& row) {
  StoredRun run;
  run.id = base::RunId::parse(row.text(0)).value();
  run.account = base::AccountId::parse(row.text(1)).value();
  run.span = {base::from_micros(row.integer(2)), base::from_micros(row.integer(3))};
  if (!row.is_null(4)) run.ended.emplace(parse_run_end(row.text(4)).value());
  run.billed = base::Millis{row.integer(5)};
  run.unbilled = base::Millis{row.integer(6)};
  run.unbilled_reason = parse_unbilled_reason(row.text(7)).value();
  run.overlap = base::Millis{row.integer(8)};
  run.proofs = row.integer(9);
  run.requests = row.integer(10);
  run.tariff = static_cast<int>(row.integer(11));
  run.lane = row.text(12);
  run.idle = base::Millis{row.integer(13)};
  run.routes = parse_routes(row.text(14)).value();
  if (!row.is_null(15)) run.opened_by.emplace(parse_route_class(row.text(15)).value());
  run.last_proof = base::from_micros(row.integer(16));
  return run;
}

}  // namespace

void load_shares(sql::AccountTx& tx, StoredRun& run) {
  auto rows = tx.prepare(
      "SELECT grant_id, amount_ms FROM run_charges WHERE "
      "account_id = $1 AND run_id = $2 "
      "ORDER BY grant_id");
  rows.bind(2, run.id.short_text().view());
  while (rows.step())
    run.grants.push_back(
        {base::GrantId::parse(rows.text(0)).value(), base::Millis{rows.integer(1)}});
}

std::vector<StoredRun> list_runs_ending_from(sql::AccountTx& tx, base::Instant from) {
  auto rows = tx.prepare("SELECT " RL_RUN_COLUMNS
                         " FROM runs WHERE account_id = $1 AND end_at >= $2 ORDER BY end_at, id");
  rows.bind(2, base::to_micros(from));
  std::vector<StoredRun> runs;
  while (rows.step()) runs.push_back(read_run(rows));
  return runs;
}

std::optional<base::Instant> find_last_run_end(sql::AccountTx& tx) {
  auto row =
      tx.prepare("SELECT end_at FROM runs WHERE account_id = $1 ORDER BY end_at DESC LIMIT 1");
  if (!row.step()) return std::nullopt;
  return base::from_micros(row.integer(0));
}

std::optional<StoredRun> find_run(sql::AccountTx& tx, base::RunId id) {
  auto row = tx.prepare("SELECT " RL_RUN_COLUMNS " FROM runs WHERE account_id = $1 AND id = $2");
  if (!row.bind(2, id.short_text().view()).step()) return std::nullopt;
  auto run = read_run(row);
  load_shares(tx, run);
  return run;
}

std::vector<StoredRun> list_runs(sql::AccountTx& tx, const RunFilter& filter) {
  std::vector<StoredRun> runs;
  auto rows = tx.prepare("SELECT " RL_RUN_COLUMNS
                         " FROM runs WHERE account_id = $1 AND end_at < $2 AND end_at > $3 "
                         "AND start_at < $4 ORDER BY end_at DESC LIMIT $5");
  rows.bind(2, base::to_micros(filter.before))
      .bind(3, base::to_micros(filter.from))
      .bind(4, base::to_micros(filter.to))
      .bind(5, filter.limit);
  while (rows.step()) runs.push_back(read_run(rows));
  for (auto& run : runs) load_shares(tx, run);
  return runs;
}

RunPart load_part(sql::AccountTx& tx, base::RunId part) {
  auto row = tx.prepare(
      "SELECT proofs, requests, overlap_ms, idle_ms, routes "
      "FROM run_parts WHERE account_id = $1 "
      "AND part_id = $2");
  if (!row.bind(2, part.short_text().view()).step()) return {};
  return {row.integer(0), row.integer(1), base::Millis{row.integer(2)},
          base::Millis{row.integer(3)}, parse_routes(row.text(4)).value()};
}

void save_part(sql::AccountTx& tx, base::RunId part, const RunPart& counts) {
  tx.prepare(
        "INSERT INTO run_parts (account_id, part_id, proofs, requests, "
        "overlap_ms, idle_ms, "
        "routes) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT "
        "(account_id, part_id) DO UPDATE "
        "SET proofs = $3, requests = $4, overlap_ms = $5, idle_ms = $6, "
        "routes = $7")
      .bind(2, part.short_text().view())
      .bind(3, counts.proofs)
      .bind(4, counts.requests)
      .bind(5, std::int64_t{counts.overlap.count()})
      .bind(6, std::int64_t{counts.idle.count()})
      .bind(7, format_routes(counts.routes))
      .run();
}

void save_run(sql::AccountTx& tx, const StoredRun& run) {
  auto row = tx.prepare(
      "INSERT INTO runs (account_id, id, start_at, end_at, "
      "ended_because, billed_ms, unbilled_ms, "
      "unbilled_reason, overlap_ms, proofs, requests, "
      "tariff, lane, idle_ms, routes, opened_by, "
      "last_proof_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
      "$12, $13, $14, $15, $16, $17) "
      "ON CONFLICT (account_id, id) DO UPDATE SET start_at = "
      "$3, end_at = $4, ended_because = $5, "
      "billed_ms = $6, unbilled_ms = $7, unbilled_reason = "
      "$8, overlap_ms = $9, proofs = $10, "
      "requests = $11, tariff = $12, lane = $13, idle_ms = "
      "$14, routes = $15, opened_by = $16, "
      "last_proof_at = $17");
  row.bind(2, run.id.short_text().view())
      .bind(3, base::to_micros(run.span.start))
      .bind(4, base::to_micros(run.span.end));
  if (run.ended) row.bind(5, run_end_name(*run.ended));
  row.bind(6, std::int64_t{run.billed.count()})
      .bind(7, std::int64_t{run.unbilled.count()})
      .bind(8, unbilled_reason_name(run.unbilled_reason))
      .bind(9, std::int64_t{run.overlap.count()})
      .bind(10, run.proofs)
      .bind(11, run.requests)
      .bind(12, std::int64_t{run.tariff})
      .bind(13, run.lane)
      .bind(14, std::int64_t{run.idle.count()})
      .bind(15, format_routes(run.routes));
  if (run.opened_by) row.bind(16, route_class_name(*run.opened_by));
  row.bind(17, base::to_micros(run.last_proof)).run();
}

void add_charge(sql::AccountTx& tx, base::RunId run, const GrantShare& share) {
  tx.prepare(
        "INSERT INTO run_charges (account_id, run_id, grant_id, amount_ms) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, run_id, grant_id) DO "
        "UPDATE SET "
        "amount_ms = run_charges.amount_ms + $4")
      .bind(2, run.short_text().view())
      .bind(3, share.grant.short_text().view())
      .bind(4, std::int64_t{share.amount.count()})
      .run();
}

void take_charge_back(sql::AccountTx& tx, base::RunId run, const GrantShare& share) {
  const auto gone = tx.prepare(
                          "DELETE FROM run_charges WHERE account_id = $1 "
                          "AND run_id = $2 AND grant_id = $3 "
                          "AND amount_ms = $4")
                        .bind(2, run.short_text().view())
                        .bind(3, share.grant.short_text().view())
                        .bind(4, std::int64_t{share.amount.count()})
                        .run();
  if (gone > 0) return;
  tx.prepare(
        "UPDATE run_charges SET amount_ms = amount_ms - $4 WHERE "
        "account_id = $1 AND run_id = $2 "
        "AND grant_id = $3")
      .bind(2, run.short_text().view())
      .bind(3, share.grant.short_text().view())
      .bind(4, std::int64_t{share.amount.count()})
      .run();
}

void absorb_run(sql::AccountTx& tx, base::RunId from, base::RunId into) {
  StoredRun absorbed;
  absorbed.id = from;
  load_shares(tx, absorbed);
  for (const auto& share : absorbed.grants) add_charge(tx, into, share);
  tx.prepare("DELETE FROM run_charges WHERE account_id = $1 AND run_id = $2")
      .bind(2, from.short_text().view())
      .run();
  tx.prepare("DELETE FROM runs WHERE account_id = $1 AND id = $2")
      .bind(2, from.short_text().view())
      .run();
}

}  // namespace ledger
