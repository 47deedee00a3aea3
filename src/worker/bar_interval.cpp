#include "worker/bar_interval.hpp"

#include <array>
#include <charconv>

namespace worker {
namespace {

struct Unit {
  std::string_view text;
  IntervalUnit unit;
  std::string_view sql;
  std::int64_t seconds;
};

constexpr std::array kUnits{Unit{"s", IntervalUnit::second, "seconds", 1},
                            Unit{"m", IntervalUnit::minute, "minutes", 60},
                            Unit{"h", IntervalUnit::hour, "hours", 3600},
                            Unit{"d", IntervalUnit::day, "days", 86'400},
                            Unit{"w", IntervalUnit::week, "weeks", 7 * 86'400},
                            Unit{"mo", IntervalUnit::month, "months", 30 * 86'400}};

const Unit& unit_of(IntervalUnit unit) { return kUnits[static_cast<std::size_t>(unit)]; }

}  // namespace

base::Result<BarInterval> parse_interval(std::string_view text) {
  BarInterval interval;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), interval.count);
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc{} && interval.count >= 1 && interval.count <= 1000) {
    for (const Unit& unit : kUnits)
      if (suffix == unit.text) return BarInterval{interval.count, unit.unit};
    if (suffix == "y") return BarInterval{interval.count * 12, IntervalUnit::month};
  }
  auto failure = base::fail(base::ErrorCode::invalid, "invalid_request",
                            "An interval is a number and a unit: 1m, 5m, 1h, 4h, 1d, 1w, 1mo.");
  failure.error().fields.push_back({"interval", "is not an interval"});
  return failure;
}

std::string sql_interval(BarInterval interval) {
  return std::to_string(interval.count) + " " + std::string(unit_of(interval.unit).sql);
}

std::int64_t approximate_seconds(BarInterval interval) {
  return interval.count * unit_of(interval.unit).seconds;
}

}  // namespace worker
