#include "worker/staging.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace worker {
namespace {

using base::Result;
using duck::TypeId;

constexpr std::size_t kMaxSteps = 1'000'000;
// What makes two bars of one instant the same.
constexpr const char* kValues = "open, high, low, close, volume, open_interest, adj_close";

void put(duck::Appender& appender, std::size_t column, double value) {
  if (std::isnan(value))
    appender.set_null(column);
  else
    appender.set_f64(column, value);
}

std::string same_values(std::string_view a, std::string_view b) {
  return fmt::format(
      "row({0}.open, {0}.high, {0}.low, {0}.close, {0}.volume, {0}.open_interest, "
      "{0}.adj_close) IS NOT DISTINCT FROM row({1}.open, {1}.high, {1}.low, "
      "{1}.close, {1}.volume, {1}.open_interest, {1}.adj_close)",
      a, b);
}

constexpr const char* kExampleText =
    "symbol || ' ' || strftime(timestamp, '%Y-%m-%d %H:%M:%S') || ' close ' || close::VARCHAR";

}  // namespace

Result<Staging> Staging::create(duck::Connection& connection, const PriceLayout& layout) {
  Staging staging;
  staging.connection_ = connection;
  staging.columns_ = std::string{"symbol, timestamp, "} + kValues;
  std::string definition =
      "symbol VARCHAR, timestamp TIMESTAMP, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, "
      "volume DOUBLE, open_interest DOUBLE, adj_close DOUBLE";
  std::vector<TypeId> types{TypeId::varchar, TypeId::timestamp};
  types.insert(types.end(), 7, TypeId::double_precision);
  const auto add_extras = [&](Role role, TypeId type, const char* sql) {
    for (const auto& column : layout.columns) {
      if (column.role != role) continue;
      types.push_back(type);
      staging.columns_ += ", " + duck::quote_name(column.name);
      definition += ", " + duck::quote_name(column.name) + " " + sql;
    }
  };
  add_extras(Role::number, TypeId::double_precision, "DOUBLE");
  staging.extra_numbers_ = types.size() - 9;
  add_extras(Role::text, TypeId::varchar, "VARCHAR");
  RL_TRY_VOID(connection.run("CREATE TABLE redline_import(" + definition + ")"));
  RL_TRY(staging.appender_, duck::Appender::open(connection, "redline_import", types));
  return staging;
}

void Staging::remember_line(std::uint64_t line) {
  if (steps_.empty() || steps_.back().line - steps_.back().row != line - rows_)
    if (steps_.size() < kMaxSteps) steps_.push_back({rows_, line});
}

std::uint64_t Staging::line_of(std::uint64_t row) const {
  const auto after = std::ranges::upper_bound(steps_, row, {}, &LineStep::row);
  if (after == steps_.begin()) return 0;
  const LineStep& step = *(after - 1);
  return step.line + (row - step.row);
}

Result<void> Staging::add(const Bar& bar, std::uint64_t line) {
  if (rows_ > 0 && in_order_) {
    const int order = last_symbol_.compare(bar.symbol);
    in_order_ = order < 0 || (order == 0 && last_micros_ < bar.micros);
  }
  if (last_symbol_ != bar.symbol) last_symbol_ = bar.symbol;
  last_micros_ = bar.micros;
  remember_line(line);
  ++rows_;
  auto& to = *appender_;
  to.set_text(0, bar.symbol);
  to.set_i64(1, bar.micros);
  put(to, 2, bar.open);
  put(to, 3, bar.high);
  put(to, 4, bar.low);
  put(to, 5, bar.close);
  put(to, 6, bar.volume);
  put(to, 7, bar.open_interest);
  put(to, 8, bar.adj_close);
  std::size_t column = 9;
  for (const double value : bar.numbers) put(to, column++, value);
  for (const std::string_view text : bar.texts) {
    if (text.empty())
      to.set_null(column++);
    else
      to.set_text(column++, text);
  }
  return to.end_row();
}

Result<void> Staging::finish_adding() {
  RL_TRY_VOID(appender_->close());
  appender_.reset();
  return {};
}

Result<void> Staging::become(const std::string& dataset, ImportPolicy policy, bool exists,
                             ImportReport& report) {
  RL_TRY_VOID(finish_adding());
  report.sorted = in_order_;
  if (!in_order_) RL_TRY_VOID(sort_rows(report));
  const std::string name = duck::quote_name(dataset);
  if (exists && policy != ImportPolicy::replace)
    RL_TRY_VOID(join_existing(dataset, policy, report));
  if (exists) RL_TRY_VOID(connection_.run("DROP TABLE " + name));
  return connection_.run("ALTER TABLE redline_import RENAME TO " + name);
}

// Rows of one instant: equal ones become one, differing ones are all refused, because nothing says
// which is right.
Result<void> Staging::refuse_conflicts(ImportReport& report) {
  RL_TRY(const auto base_row, connection_.integer("SELECT min(rowid) FROM redline_import"));
  RL_TRY(const auto exact,
         connection_.integer("SELECT sum(copies - 1)::BIGINT FROM redline_repeated WHERE "
                             "versions = 1"));
  RL_TRY(const auto conflicting,
         connection_.integer("SELECT sum(copies)::BIGINT FROM redline_repeated WHERE "
                             "versions > 1"));
  report.duplicates_exact += static_cast<std::uint64_t>(exact.value_or(0));
  const auto refused = static_cast<std::uint64_t>(conflicting.value_or(0));
  report.duplicates_conflicting += refused;
  if (refused == 0) return {};
  RL_TRY(auto rows,
         connection_.query(fmt::format(
             "SELECT s.rowid - {}, {} FROM redline_import s SEMI JOIN (SELECT * FROM "
             "redline_repeated WHERE versions > 1) r USING (symbol, timestamp) ORDER BY 1 LIMIT {}",
             base_row.value_or(0), kExampleText, kMaxExamples)));
  duck::Chunk chunk;
  Tally& tally = report.rejected["conflicting_duplicate"];
  while (true) {
    RL_TRY(const bool some, rows.next(chunk));
    if (!some) break;
    for (std::size_t row = 0; row < chunk.size(); ++row)
      tally.add(line_of(static_cast<std::uint64_t>(chunk.column(0).at<std::int64_t>(row))),
                chunk.column(1).text(row));
  }
  tally.count = refused;
  return {};
}

Result<void> Staging::sort_rows(ImportReport& report) {
  RL_TRY_VOID(connection_.run(fmt::format(
      "CREATE TEMP TABLE redline_repeated AS SELECT symbol, timestamp, count(*) AS copies, "
      "count(DISTINCT row({})) AS versions, min(rowid) AS first_row FROM redline_import SEMI JOIN "
      "(SELECT symbol, timestamp FROM redline_import GROUP BY ALL HAVING count(*) > 1) USING "
      "(symbol, timestamp) GROUP BY symbol, timestamp",
      kValues)));
  RL_TRY_VOID(refuse_conflicts(report));
  RL_TRY_VOID(connection_.run(fmt::format(
      "CREATE TABLE redline_sorted AS SELECT {} FROM redline_import s WHERE NOT EXISTS (SELECT 1 "
      "FROM redline_repeated r WHERE r.symbol = s.symbol AND r.timestamp = s.timestamp AND "
      "(r.versions > 1 OR r.first_row <> s.rowid)) ORDER BY symbol, timestamp",
      columns_)));
  RL_TRY_VOID(connection_.run("DROP TABLE redline_repeated"));
  RL_TRY_VOID(connection_.run("DROP TABLE redline_import"));
  return connection_.run("ALTER TABLE redline_sorted RENAME TO redline_import");
}

Result<void> Staging::join_existing(const std::string& dataset, ImportPolicy policy,
                                    ImportReport& report) {
  const std::string old = duck::quote_name(dataset);
  RL_TRY(const auto equal,
         connection_.integer(fmt::format("SELECT count(*) FROM redline_import n JOIN {} o USING "
                                         "(symbol, timestamp) WHERE {}",
                                         old, same_values("n", "o"))));
  RL_TRY(const auto both, connection_.integer(fmt::format(
                              "SELECT count(*) FROM redline_import SEMI JOIN {} USING (symbol, "
                              "timestamp)",
                              old)));
  const auto differing = static_cast<std::uint64_t>(both.value_or(0) - equal.value_or(0));
  report.duplicates_exact += static_cast<std::uint64_t>(equal.value_or(0));
  const bool old_wins = policy == ImportPolicy::append;
  if (differing > 0 && old_wins) report.rejected["differs_from_existing"].count += differing;
  if (differing > 0 && !old_wins)
    report.warn("replaced_existing", "A bar that was there already has new values now.", differing);
  const std::string winner = old_wins ? old : "redline_import";
  const std::string loser = old_wins ? "redline_import" : old;
  RL_TRY_VOID(connection_.run(fmt::format(
      "CREATE TABLE redline_sorted AS SELECT * FROM (SELECT * FROM {0} UNION ALL BY NAME SELECT * "
      "FROM {1} ANTI JOIN {0} USING (symbol, timestamp)) ORDER BY symbol, timestamp",
      winner, loser)));
  RL_TRY_VOID(connection_.run("DROP TABLE redline_import"));
  return connection_.run("ALTER TABLE redline_sorted RENAME TO redline_import");
}

}  // namespace worker
