#include "features/reports/history_file.hpp"

#include <fmt/format.h>

#include "duck/appender.hpp"

namespace reports {
namespace {

using base::Result;
using duck::TypeId;

// Columns in the order in which rows are appended. Files from before activity had a plan and a key
// get the columns; what they are in its rows is not known.
constexpr const char* kTables = R"(
  CREATE TABLE IF NOT EXISTS runs(
    account VARCHAR, id VARCHAR, start_at TIMESTAMP, end_at TIMESTAMP, ended_because VARCHAR,
    billed_ms BIGINT, unbilled_ms BIGINT, overlap_ms BIGINT, proofs BIGINT, requests BIGINT,
    tariff BIGINT);
  CREATE TABLE IF NOT EXISTS activity(
    account VARCHAR, minute TIMESTAMP, route VARCHAR, requests BIGINT, errors BIGINT, bytes BIGINT,
    query_us BIGINT, plan VARCHAR, key VARCHAR);
  ALTER TABLE activity ADD COLUMN IF NOT EXISTS plan VARCHAR;
  ALTER TABLE activity ADD COLUMN IF NOT EXISTS key VARCHAR;
  CREATE TABLE IF NOT EXISTS place(sequence BIGINT, hash VARCHAR);)";

const std::vector<TypeId> kRunTypes{TypeId::varchar,   TypeId::varchar, TypeId::timestamp,
                                    TypeId::timestamp, TypeId::varchar, TypeId::bigint,
                                    TypeId::bigint,    TypeId::bigint,  TypeId::bigint,
                                    TypeId::bigint,    TypeId::bigint};
const std::vector<TypeId> kActivityTypes{TypeId::varchar, TypeId::timestamp, TypeId::varchar,
                                         TypeId::bigint,  TypeId::bigint,    TypeId::bigint,
                                         TypeId::bigint,  TypeId::varchar,   TypeId::varchar};

std::string timestamp(base::Instant at) {
  return fmt::format("make_timestamp({})", base::to_micros(at));
}

Result<void> append_run(duck::Appender& appender, const ledger::StoredRun& run) {
  appender.set_text(0, run.account.text());
  appender.set_text(1, run.id.text());
  appender.set_i64(2, base::to_micros(run.span.start));
  appender.set_i64(3, base::to_micros(run.span.end));
  appender.set_text(4, ledger::run_end_name(*run.ended));
  appender.set_i64(5, run.billed.count());
  appender.set_i64(6, run.unbilled.count());
  appender.set_i64(7, run.overlap.count());
  appender.set_i64(8, run.proofs);
  appender.set_i64(9, run.requests);
  appender.set_i64(10, run.tariff);
  return appender.end_row();
}

}  // namespace

Result<HistoryFile> HistoryFile::open(const std::string& path, std::int64_t memory_mb) {
  const duck::Settings settings{{"threads", "1"},
                                {"memory_limit", fmt::format("{}MiB", memory_mb)},
                                {"temp_directory", path + ".tmp"},
                                {"allow_unsigned_extensions", "false"},
                                {"autoinstall_known_extensions", "false"},
                                {"autoload_known_extensions", "false"}};
  RL_TRY(auto database, duck::Database::open(path, duck::Access::read_write, settings));
  RL_TRY(auto connection, duck::Connection::open(database));
  HistoryFile file(std::move(connection));
  RL_TRY_VOID(file.make_tables());
  return file;
}

Result<void> HistoryFile::make_tables() {
  RL_TRY_VOID(connection_.run(kTables));
  RL_TRY(const auto sequence, connection_.integer("SELECT sequence FROM place"));
  RL_TRY(const auto hash, connection_.text("SELECT hash FROM place"));
  place_ = {sequence.value_or(0), hash.value_or("")};
  return {};
}

template <class Work>
Result<void> HistoryFile::in_transaction(Work work) {
  RL_TRY_VOID(connection_.run("BEGIN TRANSACTION"));
  auto done = work();
  if (done) done = connection_.run("COMMIT");
  // After a commit that failed there is nothing to roll back; the first error is the one to tell.
  if (!done) {
    [[maybe_unused]] const auto undone = connection_.run("ROLLBACK");
  }
  return done;
}

Result<void> HistoryFile::follow(const ledger::RunChanges& changes) {
  if (changes.place == place_) return {};
  RL_TRY_VOID(in_transaction([&]() -> Result<void> {
    RL_TRY_VOID(remove_runs(changes));
    RL_TRY_VOID(append_runs(changes));
    return save_place(changes.place);
  }));
  place_ = changes.place;
  return {};
}

Result<void> HistoryFile::remove_runs(const ledger::RunChanges& changes) {
  if (changes.runs.empty()) return {};
  std::string ids;
  for (const auto& change : changes.runs)
    ids += fmt::format("{}('{}','{}')", ids.empty() ? "" : ",", change.account.text(),
                       change.id.text());
  return connection_.run("DELETE FROM runs WHERE (account, id) IN (" + ids + ")");
}

Result<void> HistoryFile::append_runs(const ledger::RunChanges& changes) {
  RL_TRY(auto appender, duck::Appender::open(connection_, "runs", kRunTypes));
  for (const auto& change : changes.runs)
    if (change.run && change.run->ended) RL_TRY_VOID(append_run(appender, *change.run));
  return appender.close();
}

Result<void> HistoryFile::save_place(const ledger::JournalPlace& place) {
  return connection_.run(fmt::format("DELETE FROM place; INSERT INTO place VALUES ({}, {})",
                                     place.sequence, duck::quote_text(place.hash)));
}

Result<void> HistoryFile::add(std::span<const ActivityRow> rows) {
  if (rows.empty()) return {};
  return in_transaction([&]() -> Result<void> {
    RL_TRY(auto appender, duck::Appender::open(connection_, "activity", kActivityTypes));
    for (const auto& row : rows) {
      appender.set_text(0, row.source.account.text());
      appender.set_i64(1, base::to_micros(row.minute));
      appender.set_text(2, row.source.route);
      appender.set_i64(3, row.counts.requests);
      appender.set_i64(4, row.counts.errors);
      appender.set_i64(5, row.counts.bytes);
      appender.set_i64(6, row.counts.query_time.count());
      appender.set_text(7, row.source.plan);
      appender.set_text(8, row.source.key.empty() ? "" : row.source.key.text());
      RL_TRY_VOID(appender.end_row());
    }
    return appender.close();
  });
}

Result<void> HistoryFile::forget_runs() {
  RL_TRY_VOID(in_transaction([&]() -> Result<void> {
    RL_TRY_VOID(connection_.run("DELETE FROM runs"));
    return save_place({});
  }));
  place_ = {};
  return {};
}

Result<void> HistoryFile::forget_before(base::Instant cutoff) {
  RL_TRY_VOID(in_transaction([&]() -> Result<void> {
    RL_TRY_VOID(connection_.run("DELETE FROM runs WHERE end_at < " + timestamp(cutoff)));
    return connection_.run("DELETE FROM activity WHERE minute < " + timestamp(cutoff));
  }));
  return connection_.run("CHECKPOINT");
}

Result<std::int64_t> HistoryFile::count_runs() {
  RL_TRY(const auto count, connection_.integer("SELECT count(*) FROM runs"));
  return count.value_or(0);
}

Result<std::vector<UsageRow>> HistoryFile::usage(const UsageQuery& query) {
  return is_period(query.group_by) ? periods(query) : groups(query);
}

}  // namespace reports
