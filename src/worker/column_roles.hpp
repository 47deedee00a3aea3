// What a column of a price file means, by its name. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace worker {

enum class Role : std::uint8_t {
  ignored,
  symbol,
  date,  // with or without the time of day
  time,  // of the day, beside a date
  open,
  high,
  low,
  close,
  adj_close,
  volume,
  open_interest,
  period,  // D, 5, 60
  number,  // kept as a column of its own
  text,    // likewise
};
[[nodiscard]] std::string_view role_name(Role role);

struct ColumnPlan {
  std::string source;  // name in the file; "column 3" when it has none
  Role role = Role::ignored;
  std::string name{};  // of the table's column, for number and text
};

// Lower case; <>._"/%() and blanks and everything beyond ASCII removed.
[[nodiscard]] std::string normalised_name(std::string_view name);
// Every column gets a role, each role but number and text at most once; unknown names are `number`.
// A prefix that all price columns share ("AAPL.Open") is ignored.
[[nodiscard]] std::vector<ColumnPlan> plan_columns(const std::vector<std::string>& names);
[[nodiscard]] bool has_role(const std::vector<ColumnPlan>& columns, Role role);
// Place of the first column with that role; columns.size() when there is none.
[[nodiscard]] std::size_t index_of(const std::vector<ColumnPlan>& columns, Role role);
// How many of the names mean something.
[[nodiscard]] std::size_t known_names(const std::vector<std::string>& names);

}  // namespace worker
