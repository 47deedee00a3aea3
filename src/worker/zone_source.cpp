#include "worker/zone_source.hpp"

#include "worker/time_text.hpp"

namespace worker {
namespace {

// Offsets at midnight UTC of every day; where two days differ, at every quarter of an hour between.
constexpr const char* kChanges = R"(
  WITH days AS (
    SELECT day, date_diff('second', day, timezone($1, day::TIMESTAMPTZ)) AS seconds
    FROM (SELECT unnest(generate_series(TIMESTAMP '1970-01-01', TIMESTAMP '2040-01-01',
                                        INTERVAL 1 DAY)) AS day)),
  changed AS (
    SELECT day FROM (SELECT day, seconds, lead(seconds) OVER (ORDER BY day) AS after FROM days)
    WHERE after <> seconds),
  quarters AS (
    SELECT quarter, date_diff('second', quarter, timezone($1, quarter::TIMESTAMPTZ)) AS seconds
    FROM (SELECT unnest(generate_series(day, day + INTERVAL 1 DAY, INTERVAL 15 MINUTE)) AS quarter
          FROM changed)),
  moments AS (
    SELECT quarter, seconds, lag(seconds) OVER (ORDER BY quarter) AS before FROM quarters)
  SELECT epoch_us(day)::BIGINT, seconds::BIGINT FROM days WHERE day = TIMESTAMP '1970-01-01'
  UNION ALL
  SELECT epoch_us(quarter)::BIGINT, seconds::BIGINT FROM moments WHERE before <> seconds
  ORDER BY 1)";

}  // namespace

base::Result<ZoneRules> load_zone(duck::Connection& connection, const std::string& name) {
  auto rows = connection.query(kChanges, {name});
  std::vector<ZoneChange> changes;
  duck::Chunk chunk;
  while (rows) {
    const auto some = rows->next(chunk);
    if (!some) rows = std::unexpected(some.error());
    if (!some || !*some) break;
    for (std::size_t row = 0; row < chunk.size(); ++row)
      changes.push_back({chunk.column(0).at<std::int64_t>(row),
                         chunk.column(1).at<std::int64_t>(row) * kMicrosPerSecond});
  }
  if (rows) return ZoneRules(std::move(changes));
  return base::fail(base::ErrorCode::invalid, "invalid_request",
                    "There is no time zone called \"" + name +
                        "\". Give an IANA name such as Europe/Warsaw or America/New_York.",
                    rows.error().message);
}

}  // namespace worker
