// "5m", "1h", "1d", "1w", "1mo": how long a bar is. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace worker {

enum class IntervalUnit : std::uint8_t { second, minute, hour, day, week, month };

struct BarInterval {
  std::int64_t count = 1;
  IntervalUnit unit = IntervalUnit::day;
};

// `invalid` unless it is a count from 1 to 1000 and s, m, h, d, w, mo or y.
base::Result<BarInterval> parse_interval(std::string_view text);
// As DuckDB writes it: "5 minutes".
[[nodiscard]] std::string sql_interval(BarInterval interval);
// A month counts as 30 days.
[[nodiscard]] std::int64_t approximate_seconds(BarInterval interval);

}  // namespace worker
