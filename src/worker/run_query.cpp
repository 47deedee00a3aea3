#include "base/json.hpp"
#include "worker/catalogue.hpp"
#include "worker/queries.hpp"
#include "worker/statement_gate.hpp"

namespace worker {
namespace {

using base::Result;

Result<duck::Rows> start(duck::Connection& connection, const QueryOrder& order) {
  RL_TRY(const auto tables, dataset_names(connection));
  RL_TRY_VOID(check_statement(connection, order.sql, tables));
  // The gate judged one statement; that there is one and of which kind is asked again of DuckDB.
  RL_TRY(const std::size_t count, connection.statement_count(order.sql));
  if (count != 1)
    return base::fail(base::ErrorCode::forbidden, "statement_not_allowed",
                      "Exactly one statement can run at a time.");
  RL_TRY(auto statement, connection.prepare(order.sql));
  if (statement.kind() == duck::StatementKind::other)
    return base::fail(base::ErrorCode::forbidden, "statement_not_allowed",
                      "Only SELECT, DESCRIBE, SUMMARIZE and EXPLAIN can run here.");
  if (statement.parameter_count() != order.parameters.size())
    return base::fail(base::ErrorCode::invalid, "sql_error",
                      "The statement has " + std::to_string(statement.parameter_count()) +
                          " parameters, but " + std::to_string(order.parameters.size()) +
                          " values were given.");
  for (std::size_t index = 0; index < order.parameters.size(); ++index)
    RL_TRY_VOID(statement.bind(index + 1, order.parameters[index]));
  return statement.stream();
}

}  // namespace

Result<std::string> run_query(duck::Connection& connection, Request& request,
                              const QueryOrder& order) {
  const auto began = Steady::now();
  RL_TRY(auto rows, start(connection, order));
  request.send(wire::FrameType::head, head_payload(order.format, rows.columns()));
  DataWriter out(request);
  RL_TRY(const Written written, write_rows(rows, order.format, order.max_rows, out));
  std::string facts;
  base::JsonWriter writer(facts);
  writer.begin_object();
  writer.field("row_count", written.rows);
  writer.field("truncated", written.more);
  writer.field(
      "elapsed_ms",
      std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began).count());
  writer.end_object();
  if (order.format == BodyFormat::json) {
    out.buffer().push_back(',');
    out.buffer().append(facts, 1);
  }
  RL_TRY_VOID(out.flush());
  return facts;
}

}  // namespace worker
