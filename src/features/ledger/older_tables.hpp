// For tests: the tables as they were before 0013_ledger_rows.sql, from the journal alone.
#pragma once

#include <string>

#include <fmt/format.h>

#include "features/ledger/fold.hpp"
#include "features/ledger/journal.hpp"
#include "features/ledger/run_store.hpp"
#include "sql/database.hpp"

namespace ledger {

inline void write_older_entry(sql::OperatorTx& tx, const Entry& entry) {
  auto row = tx.prepare(fmt::format(
      "INSERT INTO journal ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
      "$14, $15, $16, $17)",
      kEntryColumns));
  row.bind(1, entry.sequence).bind(2, base::to_micros(entry.at));
  row.bind(3, entry_kind_name(entry.kind)).bind(4, entry.account.text());
  if (entry.grant) row.bind(5, entry.grant->text());
  if (entry.run) row.bind(6, entry.run->text());
  row.bind(7, std::int64_t{entry.amount.count()});
  row.bind(8, bucket_name(entry.from)).bind(9, bucket_name(entry.to));
  row.bind(10, std::int64_t{entry.available_after.count()}).bind(11, entry.key);
  row.bind(12, std::int64_t{entry.tariff}).bind(13, entry.reason).bind(14, entry.actor);
  row.bind(15, entry.details).bind(16, entry.previous_hash).bind(17, entry.hash).run();
}

inline void write_older_grants(sql::OperatorTx& tx, const Fold& fold) {
  for (const auto& [id, grant] : fold.grants()) {
    auto row = tx.prepare(
        "INSERT INTO grants (id, account_id, kind, priority, issued_at, expires_at, issued_ms, "
        "available_ms, held_ms, consumed_ms, expired_ms, revoked_ms, business_key, reason, actor) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
    row.bind(1, id.text()).bind(2, grant.account.text()).bind(3, grant_kind_name(grant.kind));
    row.bind(4, std::int64_t{grant.priority}).bind(5, base::to_micros(grant.issued_at));
    if (grant.expires_at) row.bind(6, base::to_micros(*grant.expires_at));
    int parameter = 7;
    for (const auto amount :
         {grant.issued, grant.available, grant.held, grant.consumed, grant.expired, grant.revoked})
      row.bind(parameter++, std::int64_t{amount.count()});
    row.bind(13, grant.business_key).bind(14, grant.reason).bind(15, grant.actor).run();
  }
}

inline void write_older_runs(sql::OperatorTx& tx, const Fold& fold) {
  for (const auto& [key, run] : fold.runs()) {
    auto row = tx.prepare(
        "INSERT INTO runs (account_id, id, start_at, end_at, ended_because, billed_ms, "
        "unbilled_ms, unbilled_reason, overlap_ms, proofs, requests, tariff, lane, routes, "
        "opened_by, last_proof_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
        "$13, $14, $15, $16)");
    row.bind(1, key.account.text()).bind(2, key.run.text());
    row.bind(3, base::to_micros(run.span.start)).bind(4, base::to_micros(run.span.end));
    if (run.ended) row.bind(5, run_end_name(*run.ended));
    row.bind(6, std::int64_t{run.billed.count()}).bind(7, std::int64_t{run.unbilled.count()});
    row.bind(8, unbilled_reason_name(run.unbilled_reason));
    row.bind(9, std::int64_t{run.overlap.count()}).bind(10, run.proofs).bind(11, run.requests);
    row.bind(12, std::int64_t{run.tariff}).bind(13, run.lane);
    row.bind(14, format_routes(run.routes));
    if (run.opened_by) row.bind(15, route_class_name(*run.opened_by));
    row.bind(16, base::to_micros(run.last_proof)).run();
    for (const auto& share : run.grants) {
      auto charge = tx.prepare("INSERT INTO run_charges VALUES ($1, $2, $3, $4)");
      charge.bind(1, key.account.text()).bind(2, key.run.text()).bind(3, share.grant.text());
      charge.bind(4, std::int64_t{share.amount.count()}).run();
    }
  }
  for (const auto& [key, part] : fold.parts()) {
    auto account = tx.for_account(key.account);
    save_part(account, key.run, part);
  }
}

inline void write_older_tariffs(sql::OperatorTx& tx, const Fold& fold) {
  for (const auto& one : fold.tariffs()) {
    auto row = tx.prepare("INSERT INTO tariffs VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    row.bind(1, std::int64_t{one.tariff.version}).bind(2, base::to_micros(one.applies_from));
    row.bind(3, base::to_micros(one.set_at)).bind(4, std::int64_t{one.tariff.idle_gap.count()});
    row.bind(5, std::int64_t{one.tariff.min_proof.count()});
    row.bind(6, concurrency_name(one.tariff.concurrency));
    row.bind(7, std::int64_t{one.tariff.max_parallel}).bind(8, one.reason).bind(9, one.actor);
    row.run();
  }
}

}  // namespace ledger
