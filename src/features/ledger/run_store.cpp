#include "features/ledger/run_store.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/check.hpp"

namespace ledger {

namespace {

#define RL_RUN_COLUMNS                                                        \
  "id, account_id, start_at, end_at, ended_because, billed_ms, unbilled_ms, " \
  "unbilled_reason, overlap_ms, proofs, requests, tariff, lane, "             \
  "routes, opened_by, "                                                       \
  "last_proof_at, entry, grant_id, last_entry"

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
  run.routes = parse_routes(row.text(13)).value();
  if (!row.is_null(14)) run.opened_by.emplace(parse_route_class(row.text(14)).value());
  run.last_proof = base::from_micros(row.integer(15));
  run.entry = row.integer(16);
  run.last_entry = row.integer(18);
  if (!row.is_null(17))
    run.grants.push_back({base::GrantId::parse(row.text(17)).value(), run.billed});
  return run;
}

// Of a run that burned several grants.
void load_shares(sql::AccountTx& tx, StoredRun& run) {
  if (!run.grants.empty() || run.billed.count() == 0) return;
  auto rows = tx.prepare(
      "SELECT grant_id, amount_ms FROM run_charges WHERE "
      "account_id = $1 AND run_id = $2 "
      "ORDER BY grant_id");
  rows.bind(2, run.id.short_text().view());
  while (rows.step())
    run.grants.push_back(
        {base::GrantId::parse(rows.text(0)).value(), base::Millis{rows.integer(1)}});
}

std::vector<StoredRun> read_runs(sql::AccountTx& tx, sql::Statement& rows) {
  std::vector<StoredRun> runs;
  while (rows.step()) runs.push_back(read_run(rows));
  for (auto& run : runs) load_shares(tx, run);
  return runs;
}

}  // namespace

std::vector<StoredRun> list_runs_ending_from(sql::AccountTx& tx, base::Instant from) {
  auto ended = tx.prepare("SELECT " RL_RUN_COLUMNS
                          " FROM runs WHERE account_id = $1 AND ended_because IS NOT NULL "
                          "AND end_at >= $2");
  ended.bind(2, base::to_micros(from));
  auto runs = read_runs(tx, ended);
  auto open = tx.prepare("SELECT " RL_RUN_COLUMNS
                         " FROM runs WHERE account_id = $1 AND ended_because IS NULL "
                         "AND end_at >= $2");
  open.bind(2, base::to_micros(from));
  std::ranges::move(read_runs(tx, open), std::back_inserter(runs));
  std::ranges::sort(runs, {},
                    [](const StoredRun& run) { return std::tuple{run.span.end, run.id}; });
  return runs;
}

std::optional<base::Instant> find_last_run_end(sql::AccountTx& tx) {
  auto row = tx.prepare(
      "SELECT (SELECT max(end_at) FROM runs WHERE account_id = $1 AND ended_because IS NOT NULL), "
      "(SELECT max(end_at) FROM runs WHERE account_id = $1 AND ended_because IS NULL)");
  if (!row.step() || (row.is_null(0) && row.is_null(1))) return std::nullopt;
  return base::from_micros(std::max(row.integer(0), row.integer(1)));
}

std::optional<StoredRun> find_run(sql::AccountTx& tx, base::RunId id) {
  auto row = tx.prepare("SELECT " RL_RUN_COLUMNS " FROM runs WHERE account_id = $1 AND id = $2");
  if (!row.bind(2, id.short_text().view()).step()) return std::nullopt;
  auto run = read_run(row);
  load_shares(tx, run);
  return run;
}

std::vector<StoredRun> list_runs(sql::AccountTx& tx, const RunFilter& filter) {
#define RL_RUN_FILTER " AND end_at < $2 AND end_at > $3 AND start_at < $4 "
  auto rows =
      tx.prepare("SELECT " RL_RUN_COLUMNS
                 " FROM runs WHERE account_id = $1 AND ended_because IS NOT NULL" RL_RUN_FILTER
                 "UNION ALL SELECT " RL_RUN_COLUMNS
                 " FROM runs WHERE account_id = $1 AND ended_because IS NULL" RL_RUN_FILTER
                 "ORDER BY end_at DESC LIMIT $5");
  rows.bind(2, base::to_micros(filter.before))
      .bind(3, base::to_micros(filter.from))
      .bind(4, base::to_micros(filter.to))
      .bind(5, filter.limit);
  return read_runs(tx, rows);
}

RunPart counts_of(const StoredRun& run) {
  return {run.proofs, run.requests, run.overlap, run.routes};
}

std::optional<RunPart> find_part(sql::AccountTx& tx, base::RunId part) {
  auto row = tx.prepare(
      "SELECT proofs, requests, overlap_ms, routes "
      "FROM run_parts WHERE account_id = $1 "
      "AND part_id = $2");
  if (!row.bind(2, part.short_text().view()).step()) return std::nullopt;
  return RunPart{row.integer(0), row.integer(1), base::Millis{row.integer(2)},
                 parse_routes(row.text(3)).value()};
}

namespace {

void bind_part(sql::Statement& row, base::RunId part, const RunPart& counts) {
  row.bind(2, part.short_text().view())
      .bind(3, counts.proofs)
      .bind(4, counts.requests)
      .bind(5, std::int64_t{counts.overlap.count()})
      .bind(6, format_routes(counts.routes));
}

}  // namespace

void save_part(sql::AccountTx& tx, base::RunId part, const RunPart& counts) {
  auto row = tx.prepare(
      "INSERT INTO run_parts (account_id, part_id, proofs, requests, "
      "overlap_ms, routes) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, part_id) "
      "DO UPDATE SET proofs = $3, requests = $4, overlap_ms = $5, routes = $6");
  bind_part(row, part, counts);
  row.run();
}

void keep_part(sql::AccountTx& tx, base::RunId part, const RunPart& counts) {
  auto row = tx.prepare(
      "INSERT INTO run_parts (account_id, part_id, proofs, requests, overlap_ms, routes) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, part_id) DO NOTHING");
  bind_part(row, part, counts);
  row.run();
}

void drop_empty_part(sql::AccountTx& tx, base::RunId part) {
  tx.prepare(
        "DELETE FROM run_parts WHERE account_id = $1 AND part_id = $2 AND proofs = 0 AND "
        "requests = 0 AND overlap_ms = 0 AND routes = ''")
      .bind(2, part.short_text().view())
      .run();
}

namespace {

// $2 to $13: what changes while a run only grows, and its number.
void bind_growth(sql::Statement& row, const StoredRun& run) {
  row.bind(2, run.entry)
      .bind(3, base::to_micros(run.span.end))
      .bind(4, std::int64_t{run.billed.count()});
  if (run.grants.size() == 1) row.bind(5, run.grants.front().grant.short_text().view());
  row.bind(6, std::int64_t{run.unbilled.count()})
      .bind(7, unbilled_reason_name(run.unbilled_reason))
      .bind(8, std::int64_t{run.overlap.count()})
      .bind(9, run.proofs)
      .bind(10, run.requests)
      .bind(11, format_routes(run.routes))
      .bind(12, base::to_micros(run.last_proof))
      .bind(13, run.last_entry);
}

// $2 to $18.
void bind_run(sql::Statement& row, const StoredRun& run) {
  bind_growth(row, run);
  row.bind(14, base::to_micros(run.span.start));
  if (run.ended) row.bind(15, run_end_name(*run.ended));
  row.bind(16, std::int64_t{run.tariff}).bind(17, run.lane);
  if (run.opened_by) row.bind(18, route_class_name(*run.opened_by));
}

}  // namespace

void insert_run(sql::AccountTx& tx, const StoredRun& run) {
  auto row = tx.prepare(
      "INSERT INTO runs (account_id, entry, end_at, billed_ms, grant_id, unbilled_ms, "
      "unbilled_reason, overlap_ms, proofs, requests, routes, last_proof_at, last_entry, start_at, "
      "ended_because, tariff, lane, opened_by, id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
      "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19)");
  bind_run(row, run);
  row.bind(19, run.id.short_text().view()).run();
}

#define RL_SET_GROWTH                                                                  \
  "UPDATE runs SET end_at = $3, billed_ms = $4, grant_id = $5, unbilled_ms = $6, "     \
  "unbilled_reason = $7, overlap_ms = $8, proofs = $9, requests = $10, routes = $11, " \
  "last_proof_at = $12, last_entry = $13"
#define RL_OF_RUN " WHERE entry = $2 AND account_id = $1"

void update_run(sql::AccountTx& tx, const StoredRun& run) {
  auto row = tx.prepare(RL_SET_GROWTH
                        ", start_at = $14, ended_because = $15, tariff = $16, lane = $17, "
                        "opened_by = $18" RL_OF_RUN);
  bind_run(row, run);
  RL_CHECK(row.run() == 1, "a stored run is there");
}

void grow_run(sql::AccountTx& tx, const StoredRun& run) {
  auto row = tx.prepare(RL_SET_GROWTH RL_OF_RUN);
  bind_growth(row, run);
  RL_CHECK(row.run() == 1, "a stored run is there");
}

void save_charge(sql::AccountTx& tx, base::RunId run, const GrantShare& share) {
  tx.prepare(
        "INSERT INTO run_charges (account_id, run_id, grant_id, amount_ms) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, run_id, grant_id) DO "
        "UPDATE SET amount_ms = $4")
      .bind(2, run.short_text().view())
      .bind(3, share.grant.short_text().view())
      .bind(4, std::int64_t{share.amount.count()})
      .run();
}

void drop_charges(sql::AccountTx& tx, base::RunId run) {
  tx.prepare("DELETE FROM run_charges WHERE account_id = $1 AND run_id = $2")
      .bind(2, run.short_text().view())
      .run();
}

void drop_run(sql::AccountTx& tx, const StoredRun& run) {
  if (run.grants.size() > 1) drop_charges(tx, run.id);
  const auto gone =
      tx.prepare("DELETE FROM runs WHERE entry = $2 AND account_id = $1").bind(2, run.entry).run();
  RL_CHECK(gone == 1, "an absorbed run was there");
}

}  // namespace ledger
