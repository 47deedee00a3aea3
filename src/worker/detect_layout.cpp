#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "worker/number_text.hpp"
#include "worker/price_layout.hpp"
#include "worker/symbol_name.hpp"
#include "worker/table_shape.hpp"

namespace worker {

// Names the layout (layout_name.cpp).
void name_layout(PriceLayout& layout, const TableShape& shape);
// Columns of a table without header, by what they hold (headerless.cpp).
base::Result<std::vector<ColumnPlan>> plan_headerless(const TableShape& shape);

namespace {

using base::ErrorCode;
using base::Result;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::array kPriceRoles{Role::open, Role::high, Role::low, Role::close};

bool is_price(Role role) { return std::ranges::find(kPriceRoles, role) != kPriceRoles.end(); }

Result<void> require_bars(const std::vector<ColumnPlan>& columns) {
  if (!has_role(columns, Role::date))
    return base::fail(ErrorCode::invalid, "not_price_data",
                      "The file has no date column, so its rows cannot be placed in time. Add a "
                      "column called date and import it again.");
  std::string missing;
  for (const Role role : kPriceRoles)
    if (!has_role(columns, role))
      missing += (missing.empty() ? "" : ", ") + std::string(role_name(role));
  if (missing.empty()) return {};
  return base::fail(ErrorCode::invalid, "not_price_data",
                    "The file is not a table of bars: no column for " + missing +
                        " was found. Name the columns date, open, high, low, close and volume.");
}

Result<void> decide_decimal(PriceLayout& layout, const TableShape& shape,
                            const DetectOptions& options) {
  std::size_t points = 0;
  std::size_t commas = 0;
  std::size_t either_comma = 0;
  for (const auto& row : shape.rows)
    for (std::size_t index = 0; index < layout.columns.size(); ++index) {
      if (!is_price(layout.columns[index].role)) continue;
      const auto hint = decimal_hint(row.fields[index]);
      points += hint == DecimalHint::point ? 1U : 0U;
      commas += hint == DecimalHint::comma ? 1U : 0U;
      if (hint == DecimalHint::either && row.fields[index].find(',') != std::string::npos)
        ++either_comma;
    }
  layout.decimal = '.';
  if (!options.decimal.empty())
    layout.decimal = options.decimal.front();
  else if (commas > points)
    layout.decimal = ',';
  else if (points == 0 && either_comma > 0)
    return ask({{"decimal",
                 "Prices like 1,234 can mean one thousand two hundred and thirty-four or one and "
                 "a bit. Which mark separates the decimals in this file?",
                 {".", ","}}});
  return {};
}

// Extra columns hold numbers unless a sample value says otherwise.
void type_extras(PriceLayout& layout, const TableShape& shape) {
  for (std::size_t index = 0; index < layout.columns.size(); ++index) {
    if (layout.columns[index].role != Role::number) continue;
    const bool text = std::ranges::any_of(shape.rows, [&](const SampleRow& row) {
      return parse_number(row.fields[index], layout.decimal).kind == NumberKind::unreadable;
    });
    if (text) layout.columns[index].role = Role::text;
  }
}

Result<void> decide_dates(PriceLayout& layout, const TableShape& shape, bool complete,
                          const DetectOptions& options) {
  const std::size_t at = index_of(layout.columns, Role::date);
  DateOrderEvidence evidence;
  for (const auto& row : shape.rows) evidence.add(row.fields[at]);
  if (evidence.verdict() == DateOrderEvidence::Verdict::unreadable)
    return base::fail(
        ErrorCode::invalid, "not_price_data",
        fmt::format("The column \"{}\" should hold dates, but values like \"{}\" are not dates.",
                    layout.columns[at].source.substr(0, 40),
                    shape.rows.empty() ? "" : shape.rows.front().fields[at].substr(0, 40)));
  layout.date_shape = evidence.shape();
  if (options.date_order == "dmy") layout.date_shape = DateShape::dmy;
  if (options.date_order == "mdy") layout.date_shape = DateShape::mdy;
  if (options.date_order == "ymd") layout.date_shape = DateShape::ymd;
  if (!options.date_order.empty() || !evidence.both_fit()) return {};
  if (!complete || shape.rows.size() >= 250) {
    layout.date_order_open = true;
    return {};
  }
  return settle_date_order(layout, evidence);
}

// Dates only, or local midnights throughout: the day as the exchange calls it. Else instants.
void decide_times(PriceLayout& layout, const TableShape& shape, const DetectOptions& options) {
  const std::size_t date = index_of(layout.columns, Role::date);
  const std::size_t time = index_of(layout.columns, Role::time);
  const std::size_t period = index_of(layout.columns, Role::period);
  bool midnights = true;
  bool offsets = false;
  for (const auto& row : shape.rows) {
    const auto parsed = parse_date_time(row.fields[date], layout.date_shape);
    if (!parsed) continue;
    offsets = offsets || parsed->offset_seconds.has_value();
    if (parsed->local_micros % kMicrosPerDay != 0) midnights = false;
    if (time < row.fields.size() && parse_time_of_day(row.fields[time]).value_or(0) != 0)
      midnights = false;
    if (period < row.fields.size() && row.fields[period] != "D" && row.fields[period] != "W" &&
        row.fields[period] != "M")
      midnights = false;
  }
  layout.time_kind = midnights ? TimeKind::local_date : TimeKind::utc_instant;
  if (midnights) {
    layout.timezone = "exchange-local";
  } else if (offsets) {
    layout.timezone = "UTC";
  } else if (!options.timezone.empty()) {
    layout.timezone = options.timezone;
  } else if (layout.format == "stooq_ascii") {
    layout.timezone = "Europe/Warsaw";
  } else {
    layout.timezone = "UTC";
    layout.timezone_assumed = true;
  }
  if (layout.format == "stooq_ascii") layout.format += midnights ? "_daily" : "_intraday";
}

Result<void> decide_symbol(PriceLayout& layout, const DetectOptions& options) {
  if (has_role(layout.columns, Role::symbol)) return {};
  layout.symbol = options.symbol.empty() ? symbol_from_filename(options.filename) : options.symbol;
  if (is_symbol(layout.symbol)) return {};
  return ask({{"symbol",
               "Neither the file nor its name says which instrument this is. What is its symbol?",
               {}}});
}

}  // namespace

Result<void> settle_date_order(PriceLayout& layout, const DateOrderEvidence& evidence) {
  layout.date_order_open = false;
  if (evidence.verdict() == DateOrderEvidence::Verdict::ambiguous)
    return ask({{"date_order",
                 "Dates like 03/04/2024 can be 3 April or March 4, and nothing in the file tells "
                 "which. What comes first?",
                 {"dmy", "mdy"}}});
  layout.date_shape = evidence.shape();
  return {};
}

Result<PriceLayout> detect_layout(std::string_view head, bool complete,
                                  const DetectOptions& options) {
  RL_TRY_VOID(refuse_by_bytes(head));
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  RL_TRY(const TableShape shape, find_table(head, complete));
  PriceLayout layout;
  layout.delimiter = shape.delimiter;
  layout.line_end = shape.line_end;
  layout.first_row = shape.first_row;
  if (shape.has_header) {
    layout.columns = plan_columns(shape.header);
  } else {
    RL_TRY(layout.columns, plan_headerless(shape));
  }
  RL_TRY_VOID(require_bars(layout.columns));
  if (shape.rows.empty())
    return base::fail(ErrorCode::invalid, "empty",
                      "The file has a header but no rows. Download it again.");
  name_layout(layout, shape);
  RL_TRY_VOID(decide_decimal(layout, shape, options));
  RL_TRY_VOID(decide_dates(layout, shape, complete, options));
  decide_times(layout, shape, options);
  RL_TRY_VOID(decide_symbol(layout, options));
  type_extras(layout, shape);
  return layout;
}

}  // namespace worker
