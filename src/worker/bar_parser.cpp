#include "worker/bar_parser.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/utf8.hpp"
#include "worker/number_text.hpp"
#include "worker/symbol_name.hpp"

namespace worker {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

BarParser::BarParser(const PriceLayout& layout, const ZoneRules& zone, ImportReport& report)
    : layout_(layout),
      zone_(zone),
      report_(report),
      splitter_(layout.delimiter),
      date_(index_of(layout.columns, Role::date)),
      time_(index_of(layout.columns, Role::time)) {}

bool BarParser::reject(const char* why, const Line& line) {
  report_.reject(why, line.number, line.text);
  return false;
}

bool BarParser::number(std::string_view field, bool is_price, double& value) {
  const ParsedNumber parsed = parse_number(field, layout_.decimal);
  value = kMissing;
  switch (parsed.kind) {
    case NumberKind::value:
      value = parsed.value;
      return true;
    case NumberKind::missing:
      return true;
    case NumberKind::infinite:
      if (is_price) return false;
      report_.warn("infinite_value", "An infinite value was read as missing.");
      return true;
    case NumberKind::unreadable:
      break;
  }
  if (is_price) return false;
  report_.warn("unreadable_value", "A value that is not a number was read as missing.");
  return true;
}

bool BarParser::take_time(std::string_view date, std::string_view time, Bar& bar) const {
  const auto parsed = parse_date_time(date, layout_.date_shape);
  if (!parsed) return false;
  std::int64_t local = parsed->local_micros;
  if (!time.empty()) {
    const auto of_day = parse_time_of_day(time);
    if (of_day) local += *of_day;
    // Spreadsheets drop the zeros of Stooq's 000000.
    if (!of_day && time != "0") return false;
  }
  if (layout_.time_kind == TimeKind::local_date)
    bar.micros = local;
  else if (parsed->offset_seconds)
    bar.micros = local - *parsed->offset_seconds * kMicrosPerSecond;
  else
    bar.micros = zone_.to_utc(local);
  return true;
}

bool BarParser::fill(std::size_t column, std::string_view field, Bar& bar, const char*& why) {
  const auto price = [&](double& value) {
    if (number(field, true, value)) return true;
    why = "bad_number";
    return false;
  };
  switch (layout_.columns[column].role) {
    case Role::symbol:
      bar.symbol = field;
      why = field.empty() ? "missing_symbol" : "bad_symbol";
      return is_symbol(field);
    case Role::open:
      return price(bar.open);
    case Role::high:
      return price(bar.high);
    case Role::low:
      return price(bar.low);
    case Role::close:
      return price(bar.close);
    case Role::volume:
      return number(field, false, bar.volume);
    case Role::open_interest:
      return number(field, false, bar.open_interest);
    case Role::adj_close:
      return number(field, false, bar.adj_close);
    case Role::number:
      return number(field, false, bar.numbers.emplace_back());
    case Role::text:
      bar.texts.push_back(field);
      why = "bad_text";
      return base::is_utf8(field);
    case Role::date:
    case Role::time:
    case Role::period:
    case Role::ignored:
      return true;
  }
  return true;
}

void BarParser::check_prices(const Bar& bar) {
  if (std::isnan(bar.open) || std::isnan(bar.high) || std::isnan(bar.low))
    report_.warn("missing_price",
                 "A bar lacks open, high or low; the value is missing, not filled.");
  if (bar.high < std::max(bar.open, bar.close) || bar.low > std::min(bar.open, bar.close) ||
      bar.high < bar.low)
    report_.warn("ohlc_violation", "High is not the highest or low not the lowest price.");
  if (bar.close == 0) report_.warn("zero_price", "The closing price is zero.");
  if (bar.close < 0) report_.warn("negative_price", "The closing price is negative.");
  if (bar.volume == 0) report_.warn("zero_volume", "No volume was traded.");
  if (bar.volume < 0) report_.warn("negative_volume", "The volume is negative.");
}

bool BarParser::parse(const Line& line, Bar& bar) {
  ++report_.rows_read;
  if (line.too_long) return reject("line_too_long", line);
  const auto outcome = splitter_.split(line.text, fields_);
  if (outcome == SplitOutcome::unclosed_quote) return reject("unclosed_quote", line);
  if (outcome == SplitOutcome::too_many_columns) return reject("too_many_columns", line);
  const std::size_t width = layout_.columns.size();
  if (fields_.size() == width + 1 && fields_.back().empty()) fields_.pop_back();
  if (fields_.size() != width) return reject("wrong_field_count", line);
  bar.symbol = layout_.symbol;
  bar.open = bar.high = bar.low = bar.close = kMissing;
  bar.volume = bar.open_interest = bar.adj_close = kMissing;
  bar.numbers.clear();
  bar.texts.clear();
  const std::string_view time = time_ < width ? fields_[time_] : std::string_view{};
  if (!take_time(fields_[date_], time, bar)) return reject("bad_timestamp", line);
  for (std::size_t column = 0; column < width; ++column) {
    const char* why = "bad_number";
    if (!fill(column, fields_[column], bar, why)) return reject(why, line);
  }
  if (std::isnan(bar.close)) {
    const bool all = std::isnan(bar.open) && std::isnan(bar.high) && std::isnan(bar.low);
    return reject(all ? "empty_prices" : "missing_close", line);
  }
  check_prices(bar);
  return true;
}

}  // namespace worker
