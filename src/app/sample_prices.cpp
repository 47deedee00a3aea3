#include "app/sample_prices.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

namespace app {
namespace {

struct Series {
  std::string_view symbol;
  std::int64_t cents;     // price on the first day
  std::int64_t swing_bp;  // largest daily change, in hundredths of a per cent
  std::int64_t drift_bp;  // per 100 days
  std::int64_t daily_shares;
};

constexpr std::array kSeries{
    Series{"SAMPLE.GROWTH", 4'200, 210, 460, 5'200'000},
    Series{"SAMPLE.STEADY", 9'100, 90, 150, 2'100'000},
    Series{"SAMPLE.CYCLE", 6'400, 260, 60, 8'400'000},
    Series{"SAMPLE.INDEX", 250'000, 110, 220, 0},
};

// Uniform in [-limit, limit].
std::int64_t step(base::Random& random, std::int64_t limit) {
  return static_cast<std::int64_t>(random.next_u64() % static_cast<std::uint64_t>(2 * limit + 1)) -
         limit;
}

struct Bar {
  std::int64_t open, high, low, close;
};

Bar next_bar(base::Random& random, const Series& series, std::int64_t previous) {
  const auto moved = [&](std::int64_t from, std::int64_t bp) {
    return std::max<std::int64_t>(1, from + from * bp / 10'000);
  };
  Bar bar{};
  bar.open = moved(previous, step(random, series.swing_bp / 3));
  // Two draws make small days more common than large ones.
  bar.close = moved(previous, (step(random, series.swing_bp) + step(random, series.swing_bp)) / 2 +
                                  series.drift_bp / 100);
  bar.high = moved(std::max(bar.open, bar.close), std::abs(step(random, series.swing_bp / 2)));
  bar.low = moved(std::min(bar.open, bar.close), -std::abs(step(random, series.swing_bp / 2)));
  return bar;
}

}  // namespace

std::string sample_prices_csv(base::Random& random) {
  using std::chrono::sys_days;
  std::string out = "ticker,timestamp,open,high,low,close,vol,openint\n";
  const auto first = sys_days{std::chrono::year{2016} / 1 / 4};
  const auto last = sys_days{std::chrono::year{2025} / 12 / 31};
  const auto price = [](std::int64_t cents) {
    return fmt::format("{}.{:02}", cents / 100, cents % 100);
  };
  for (const auto& series : kSeries) {
    auto cents = series.cents;
    for (auto day = first; day <= last; day += std::chrono::days{1}) {
      const std::chrono::weekday weekday{day};
      if (weekday == std::chrono::Saturday || weekday == std::chrono::Sunday) continue;
      const auto bar = next_bar(random, series, cents);
      const auto shares = series.daily_shares == 0
                              ? 0
                              : series.daily_shares + step(random, series.daily_shares / 2);
      const std::chrono::year_month_day date{day};
      fmt::format_to(std::back_inserter(out), "{},{:04}-{:02}-{:02},{},{},{},{},{},0\n",
                     series.symbol, static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     price(bar.open), price(bar.high), price(bar.low), price(bar.close), shares);
      cents = bar.close;
    }
  }
  return out;
}

}  // namespace app
