// The questions a usage report asks of the file. Times in the file are UTC without a zone; $1 is
// the account, $2 and $3 the span in microseconds, $4 the zone.
#include "features/reports/history_file.hpp"

#include <fmt/format.h>

namespace reports {
namespace {

using base::Result;

// Where the days of a zone begin: midnight on its clocks. Hours begin where its first one does and
// are an hour apart, whatever the clocks do.
constexpr const char* kDayEdges = R"(
  SELECT timezone('UTC', timezone($4, unnest(generate_series(
      date_trunc('day', timezone($4, timezone('UTC', make_timestamp($2)))),
      timezone($4, timezone('UTC', make_timestamp($3))), INTERVAL 1 DAY)))) AS edge)";
constexpr const char* kHourEdges = R"(
  SELECT unnest(generate_series(
      timezone('UTC', timezone($4,
          date_trunc('hour', timezone($4, timezone('UTC', make_timestamp($2)))))),
      make_timestamp($3), INTERVAL 1 HOUR)) AS edge)";

// A run is cut where a period ends. Each cut rounds the milliseconds since the run's start down, so
// that the parts of a run add up to the run.
constexpr const char* kPeriods = R"(
  WITH edges AS ({}),
  periods AS (
    SELECT greatest(edge, make_timestamp($2)) AS a,
           least(coalesce(lead(edge) OVER (ORDER BY edge), make_timestamp($3)),
                 make_timestamp($3)) AS b
    FROM edges),
  used AS (
    SELECT a,
           sum((epoch_us(least(b, end_at)) - epoch_us(start_at)) // 1000 -
               (epoch_us(greatest(a, start_at)) - epoch_us(start_at)) // 1000) AS active_ms,
           count(*) FILTER (WHERE start_at >= a) AS runs
    FROM periods JOIN runs ON start_at < b AND end_at > a WHERE account = $1 GROUP BY a),
  done AS (
    SELECT a, sum(requests) AS requests, sum(errors) AS errors, sum(bytes) AS bytes,
           sum(query_us) AS query_us
    FROM periods JOIN activity ON minute >= a AND minute < b WHERE account = $1 GROUP BY a)
  SELECT epoch_us(a), epoch_us(b), '', coalesce(active_ms, 0)::BIGINT, coalesce(runs, 0)::BIGINT,
         coalesce(requests, 0)::BIGINT, coalesce(errors, 0)::BIGINT, coalesce(bytes, 0)::BIGINT,
         coalesce(query_us, 0)::BIGINT
  FROM periods LEFT JOIN used USING (a) LEFT JOIN done USING (a) WHERE a < b ORDER BY a)";

constexpr const char* kGroups = R"(
  SELECT $2::BIGINT, $3::BIGINT, coalesce({0}, '') AS name, 0::BIGINT, 0::BIGINT, sum(requests)::BIGINT,
         sum(errors)::BIGINT, sum(bytes)::BIGINT, sum(query_us)::BIGINT
  FROM activity
  WHERE account = $1 AND minute >= make_timestamp($2) AND minute < make_timestamp($3)
  GROUP BY name ORDER BY name)";

constexpr const char* kNoSuchZone = "tz must be an IANA time zone such as Europe/Warsaw.";

UsageRow read_row(const duck::Chunk& chunk, std::size_t row) {
  const auto number = [&](std::size_t column) {
    return chunk.column(column).at<std::int64_t>(row);
  };
  UsageRow read;
  read.from = base::from_micros(number(0));
  read.to = base::from_micros(number(1));
  read.group = std::string(chunk.column(2).text(row));
  read.active = base::Millis{number(3)};
  read.runs = number(4);
  read.activity = {.requests = number(5),
                   .errors = number(6),
                   .bytes = number(7),
                   .query_time = base::Micros{number(8)}};
  return read;
}

Result<std::vector<UsageRow>> read_rows(Result<duck::Rows> rows) {
  if (!rows) return std::unexpected(rows.error());
  std::vector<UsageRow> read;
  duck::Chunk chunk;
  while (true) {
    RL_TRY(const bool some, rows->next(chunk));
    if (!some) return read;
    for (std::size_t row = 0; row < chunk.size(); ++row) read.push_back(read_row(chunk, row));
  }
}

std::vector<duck::Value> parameters_of(const UsageQuery& query) {
  return {query.account.text(), base::to_micros(query.from), base::to_micros(query.to)};
}

}  // namespace

Result<std::vector<UsageRow>> HistoryFile::periods(const UsageQuery& query) {
  const auto zone =
      connection_.text("SELECT name FROM pg_timezone_names() WHERE name = $1", {query.timezone});
  if (!zone) return std::unexpected(zone.error());
  if (!*zone) {
    base::Error error{base::ErrorCode::invalid, "invalid_request", kNoSuchZone, {}, {}, {}};
    error.fields.push_back({"tz", kNoSuchZone});
    return std::unexpected(std::move(error));
  }
  auto parameters = parameters_of(query);
  parameters.emplace_back(query.timezone);
  const auto* edges = query.group_by == GroupBy::hour ? kHourEdges : kDayEdges;
  return read_rows(connection_.query(fmt::format(kPeriods, edges), parameters));
}

Result<std::vector<UsageRow>> HistoryFile::groups(const UsageQuery& query) {
  const auto text = fmt::format(kGroups, group_name(query.group_by));
  return read_rows(connection_.query(text, parameters_of(query)));
}

}  // namespace reports
