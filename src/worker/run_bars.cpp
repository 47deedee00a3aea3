#include <array>
#include <cmath>

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "base/json.hpp"
#include "worker/catalogue.hpp"
#include "worker/queries.hpp"

namespace worker {
namespace {

using base::ErrorCode;
using base::Result;

Result<bool> has_symbol(duck::Connection& connection, const std::string& dataset,
                        const std::string& symbol) {
  RL_TRY(const auto found, connection.integer("SELECT 1::BIGINT FROM " + duck::quote_name(dataset) +
                                                  " WHERE symbol = $1 LIMIT 1",
                                              {symbol}));
  return found.has_value();
}

Result<std::string> choose_dataset(duck::Connection& connection, const BarsOrder& order) {
  std::vector<std::string> candidates;
  if (order.dataset) {
    RL_TRY(candidates.emplace_back(), find_dataset(connection, *order.dataset));
  } else {
    RL_TRY(candidates, dataset_names(connection));
  }
  for (const auto& dataset : candidates) {
    RL_TRY(const bool found, has_symbol(connection, dataset, order.symbol));
    if (found) return dataset;
  }
  return base::fail(ErrorCode::not_found, "not_found",
                    "There are no bars of \"" + order.symbol.substr(0, 64) + "\".");
}

// Bars cannot be finer than the data they are made of.
Result<void> refuse_upsampling(duck::Connection& connection, const std::string& dataset,
                               BarInterval wanted) {
  RL_TRY(const auto entry, load_entry(connection, dataset));
  boost::system::error_code error;
  const auto parsed = boost::json::parse(entry, error);
  const auto* interval =
      !error && parsed.is_object() ? parsed.as_object().if_contains("interval") : nullptr;
  if (interval == nullptr || !interval->is_string()) return {};
  const std::string name{interval->as_string()};
  const auto held = parse_interval(name);
  if (!held || approximate_seconds(*held) <= approximate_seconds(wanted)) return {};
  auto failure =
      base::fail(ErrorCode::invalid, "invalid_request",
                 "This dataset has bars of " + name + "; finer ones cannot be made from it.");
  failure.error().fields.push_back({"interval", "must be " + name + " or longer"});
  return failure;
}

// Weeks begin on Monday and months on their first, because DuckDB's buckets start at Monday
// 2000-01-03 and 2000-01-01.
std::string bars_sql(const std::string& dataset, const BarsOrder& order,
                     std::vector<duck::Value>& parameters) {
  parameters.emplace_back(order.symbol);
  std::string where = "symbol = $1";
  if (order.range.from_micros) {
    parameters.emplace_back(*order.range.from_micros);
    where += fmt::format(" AND timestamp >= make_timestamp(${}::BIGINT)", parameters.size());
  }
  if (order.range.to_micros) {
    parameters.emplace_back(*order.range.to_micros);
    where += fmt::format(" AND timestamp < make_timestamp(${}::BIGINT)", parameters.size());
  }
  return fmt::format(
      "SELECT epoch_ms(bucket)::BIGINT AS t, o, h, l, c, v, n FROM (SELECT time_bucket(INTERVAL "
      "'{}', timestamp) AS bucket, arg_min(open, timestamp) AS o, max(high) AS h, min(low) AS l, "
      "arg_max(close, timestamp) AS c, sum(volume) AS v, count(*)::BIGINT AS n FROM {} WHERE {} "
      "GROUP BY bucket ORDER BY bucket DESC LIMIT {}) ORDER BY t",
      sql_interval(order.interval), duck::quote_name(dataset), where, order.limit + 1);
}

std::string interval_text(BarInterval interval) {
  static constexpr std::array kSuffixes{"s", "m", "h", "d", "w", "mo"};
  return fmt::format("{}{}", interval.count, kSuffixes[static_cast<std::size_t>(interval.unit)]);
}

// The columns of the answer, each a JSON array growing.
struct Arrays {
  static constexpr std::array kNames{"t", "o", "h", "l", "c", "v", "n"};
  std::array<std::string, 7> text{};
  std::uint64_t rows = 0;

  void add(const duck::Chunk& chunk, std::size_t row) {
    for (std::size_t index = 0; index < text.size(); ++index) {
      std::string& out = text[index];
      if (rows > 0) out.push_back(',');
      const auto& column = chunk.column(index);
      const bool whole = index == 0 || index + 1 == text.size();
      if (!column.valid(row) || (!whole && !std::isfinite(column.at<double>(row))))
        out += "null";
      else if (whole)
        fmt::format_to(std::back_inserter(out), "{}", column.at<std::int64_t>(row));
      else
        fmt::format_to(std::back_inserter(out), "{}", column.at<double>(row));
    }
    ++rows;
  }
};

struct BarsFacts {
  std::string dataset;
  std::uint64_t rows = 0;
  bool truncated = false;
};

std::string done_payload(const BarsFacts& facts) {
  std::string out;
  base::JsonWriter writer(out);
  writer.begin_object();
  writer.field("row_count", facts.rows);
  writer.field("truncated", facts.truncated);
  writer.field("dataset", facts.dataset);
  writer.end_object();
  return out;
}

// Rows come oldest first and hold one bar too many when `truncated`: the oldest.
Result<BarsFacts> write_json(duck::Rows& rows, const BarsOrder& order, const std::string& dataset,
                             DataWriter& out) {
  Arrays arrays;
  std::vector<duck::Chunk> chunks;
  std::uint64_t total = 0;
  while (true) {
    duck::Chunk chunk;
    RL_TRY(const bool some, rows.next(chunk));
    if (!some) break;
    total += chunk.size();
    chunks.push_back(std::move(chunk));
  }
  const bool truncated = total > order.limit;
  bool skip = truncated;
  for (const auto& chunk : chunks)
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      if (!skip) arrays.add(chunk, row);
      skip = false;
    }
  std::string& body = out.buffer();
  base::JsonWriter writer(body);
  writer.begin_object();
  writer.field("symbol", order.symbol);
  writer.field("interval", interval_text(order.interval));
  writer.field("timezone", "UTC");
  writer.field("dataset", dataset);
  for (std::size_t index = 0; index < arrays.text.size(); ++index) {
    writer.key(Arrays::kNames[index]);
    writer.raw("[" + arrays.text[index] + "]");
    RL_TRY_VOID(out.flush_if_full());
  }
  writer.end_object();
  return BarsFacts{dataset, arrays.rows, truncated};
}

}  // namespace

Result<std::string> run_bars(duck::Connection& connection, Request& request,
                             const BarsOrder& order) {
  RL_TRY(const auto dataset, choose_dataset(connection, order));
  RL_TRY_VOID(refuse_upsampling(connection, dataset, order.interval));
  std::vector<duck::Value> parameters;
  const std::string sql = bars_sql(dataset, order, parameters);
  RL_TRY(auto rows, connection.query(sql, parameters));
  request.send(wire::FrameType::head, head_payload(order.format, rows.columns()));
  DataWriter out(request);
  BarsFacts facts{.dataset = dataset};
  if (order.format == BodyFormat::json) {
    RL_TRY(facts, write_json(rows, order, dataset, out));
  } else {
    RL_TRY(const Written written, write_rows(rows, order.format, order.limit + 1, out));
    facts.rows = written.rows;
    facts.truncated = written.rows > order.limit;
  }
  RL_TRY_VOID(out.flush());
  return done_payload(facts);
}

}  // namespace worker
