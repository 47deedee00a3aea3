#include <fmt/format.h>

#include "base/json.hpp"
#include "worker/catalogue.hpp"
#include "worker/queries.hpp"

namespace worker {
namespace {

using base::Result;

// " WHERE …" and its parameters.
std::string where_clause(const RowsOrder& order, std::vector<duck::Value>& parameters) {
  std::string sql;
  const auto add = [&](const char* condition, duck::Value value) {
    parameters.push_back(std::move(value));
    sql += (sql.empty() ? " WHERE " : " AND ") +
           fmt::format(fmt::runtime(condition), parameters.size());
  };
  if (order.symbol) add("symbol = ${}", *order.symbol);
  if (order.range.from_micros)
    add("timestamp >= make_timestamp(${}::BIGINT)", *order.range.from_micros);
  if (order.range.to_micros) add("timestamp < make_timestamp(${}::BIGINT)", *order.range.to_micros);
  return sql;
}

}  // namespace

Result<std::string> run_rows(duck::Connection& connection, Request& request,
                             const RowsOrder& order) {
  RL_TRY(const auto dataset, find_dataset(connection, order.dataset));
  std::vector<duck::Value> parameters;
  const std::string where = where_clause(order, parameters);
  RL_TRY(auto rows,
         connection.query(
             fmt::format("SELECT * FROM {}{} ORDER BY symbol, timestamp{} LIMIT {} OFFSET {}",
                         duck::quote_name(dataset), where, order.newest_first ? " DESC" : "",
                         order.limit + 1, order.offset),
             parameters));
  request.send(wire::FrameType::head, head_payload(order.format, rows.columns()));
  DataWriter out(request);
  RL_TRY(const Written written, write_rows(rows, order.format, order.limit, out));
  std::string facts;
  base::JsonWriter writer(facts);
  writer.begin_object();
  writer.field("row_count", written.rows);
  writer.field("more", written.more);
  writer.key("next_cursor");
  if (written.more)
    writer.value(std::to_string(order.offset + written.rows));
  else
    writer.null();
  writer.end_object();
  if (order.format == BodyFormat::json)
    out.buffer() += written.more
                        ? fmt::format(",\"next_cursor\":\"{}\"}}", order.offset + written.rows)
                        : std::string{",\"next_cursor\":null}"};
  RL_TRY_VOID(out.flush());
  return facts;
}

}  // namespace worker
