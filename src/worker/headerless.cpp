// Rows without names: [symbol,] date [, time], open, high, low, close [, volume]. Taken only when
// the numbers agree: high is the highest and low the lowest on 99 of 100 rows.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "worker/number_text.hpp"
#include "worker/price_layout.hpp"
#include "worker/table_shape.hpp"

namespace worker {

base::Result<std::vector<ColumnPlan>> plan_headerless(const TableShape& shape);

namespace {

std::unexpected<base::Error> unnamed() {
  return base::fail(base::ErrorCode::invalid, "not_price_data",
                    "The file has no header that names its columns, and they cannot be told from "
                    "the values. Add a first line such as date,open,high,low,close,volume.");
}

template <class Test>
bool most_rows(const TableShape& shape, Test test) {
  const auto good = std::ranges::count_if(shape.rows, test);
  return !shape.rows.empty() && good * 100 >= std::ranges::ssize(shape.rows) * 99;
}

bool dates_at(const TableShape& shape, std::size_t column) {
  return most_rows(shape, [&](const SampleRow& row) {
    const std::string& text = row.fields[column];
    return parse_date_time(text, DateShape::ymd) || parse_date_time(text, DateShape::mdy) ||
           parse_date_time(text, DateShape::dmy);
  });
}

bool times_at(const TableShape& shape, std::size_t column) {
  return most_rows(shape, [&](const SampleRow& row) {
    return row.fields[column].find(':') != std::string::npos &&
           parse_time_of_day(row.fields[column]).has_value();
  });
}

bool bars_at(const TableShape& shape, std::size_t column) {
  return most_rows(shape, [&](const SampleRow& row) {
    double price[4];
    for (std::size_t index = 0; index < 4; ++index) {
      const auto parsed = parse_number(row.fields[column + index], '.');
      if (parsed.kind != NumberKind::value) return false;
      price[index] = parsed.value;
    }
    return price[1] >= std::max(price[0], price[3]) && price[2] <= std::min(price[0], price[3]);
  });
}

}  // namespace

base::Result<std::vector<ColumnPlan>> plan_headerless(const TableShape& shape) {
  const std::size_t width = shape.header.size();
  std::vector<Role> roles;
  std::size_t at = 0;
  if (width >= 5 && !dates_at(shape, 0) && dates_at(shape, 1)) {
    roles.push_back(Role::symbol);
    at = 1;
  }
  if (at >= width || !dates_at(shape, at)) return unnamed();
  roles.push_back(Role::date);
  ++at;
  if (at < width && times_at(shape, at)) {
    roles.push_back(Role::time);
    ++at;
  }
  if (at + 4 > width || !bars_at(shape, at)) return unnamed();
  roles.insert(roles.end(), {Role::open, Role::high, Role::low, Role::close});
  if (roles.size() < width) roles.push_back(Role::volume);
  if (roles.size() < width) roles.push_back(Role::open_interest);
  std::vector<ColumnPlan> columns;
  for (std::size_t index = 0; index < width; ++index)
    columns.push_back({.source = fmt::format("column {}", index + 1),
                       .role = index < roles.size() ? roles[index] : Role::ignored,
                       .name = {}});
  return columns;
}

}  // namespace worker
