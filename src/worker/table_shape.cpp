#include "worker/table_shape.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "worker/column_roles.hpp"
#include "worker/time_text.hpp"

namespace worker {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kSampleLines = 300;
constexpr std::size_t kIntroductionLines = 5;  // comments or an address above the table

std::unexpected<base::Error> no_table(const char* why) {
  return base::fail(ErrorCode::invalid, "not_price_data",
                    std::string{"This is not a table of prices: "} + why);
}

std::vector<std::string> sample_lines(std::string_view text, bool complete, LineEnd end) {
  std::vector<std::string> lines;
  LineReader reader(bytes_of_text(text), end);
  Line line;
  while (lines.size() < kSampleLines && *reader.next(line))
    lines.emplace_back(line.too_long ? std::string_view{} : line.text);
  if (!complete && lines.size() < kSampleLines && lines.size() > 1) lines.pop_back();  // cut short
  return lines;
}

std::vector<SampleRow> split_all(const std::vector<std::string>& lines, char delimiter) {
  std::vector<SampleRow> rows;
  FieldSplitter splitter(delimiter);
  std::vector<std::string_view> fields;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    if (trim(lines[index]).empty()) continue;
    if (splitter.split(lines[index], fields) != SplitOutcome::ok) continue;
    rows.push_back({index + 1, {fields.begin(), fields.end()}});
  }
  return rows;
}

// The number of fields that most rows have, and how many rows that is.
std::pair<std::size_t, std::size_t> usual_width(const std::vector<SampleRow>& rows) {
  std::map<std::size_t, std::size_t> widths;
  for (const auto& row : rows) ++widths[row.fields.size()];
  const auto most = std::ranges::max_element(
      widths, {}, [](const auto& entry) { return std::pair{entry.second, entry.first}; });
  if (most == widths.end()) return {0, 0};
  return {most->first, most->second};
}

// Tab, semicolon and bar come before the comma: where they divide rows evenly, a comma that does
// so too is a decimal mark.
std::vector<SampleRow> best_split(const std::vector<std::string>& lines, char& delimiter) {
  std::vector<SampleRow> best;
  double best_score = 0;
  for (const char candidate : {'\t', ';', '|', ','}) {
    auto rows = split_all(lines, candidate);
    const auto [width, count] = usual_width(rows);
    if (width < 2) continue;
    const double share = static_cast<double>(count) / static_cast<double>(rows.size());
    const double score = share + (width >= 5 ? 1 : 0);
    if (score > best_score + 0.05) {
      best_score = score;
      best = std::move(rows);
      delimiter = candidate;
    }
  }
  return best;
}

bool is_date_like(const std::string& text) {
  return parse_date_time(text, DateShape::ymd) || parse_date_time(text, DateShape::mdy) ||
         parse_date_time(text, DateShape::dmy);
}

bool is_header(const SampleRow& row) {
  return known_names(row.fields) >= 2 && std::ranges::none_of(row.fields, is_date_like);
}

// All rows end with the delimiter, the header perhaps not: one empty column too many.
void drop_empty_last_column(std::vector<SampleRow>& rows, std::size_t& width) {
  const bool all_empty = std::ranges::all_of(rows, [&](const SampleRow& row) {
    return row.fields.size() != width || row.fields.back().empty() || known_names(row.fields) > 1;
  });
  if (width < 2 || !all_empty) return;
  bool dropped = false;
  for (auto& row : rows) {
    if (row.fields.size() != width || !row.fields.back().empty()) continue;
    row.fields.pop_back();
    dropped = true;
  }
  if (dropped) --width;  // some row is always that wide
}

}  // namespace

Result<TableShape> find_table(std::string_view text, bool complete) {
  TableShape shape;
  if (text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos)
    shape.line_end = LineEnd::carriage_return;
  const auto lines = sample_lines(text, complete, shape.line_end);
  auto rows = best_split(lines, shape.delimiter);
  if (rows.empty()) return no_table("its lines do not fall into columns. Export it as CSV.");
  auto [width, count] = usual_width(rows);
  if (width > kMaxColumns) return no_table("it has more than 2000 columns.");
  drop_empty_last_column(rows, width);

  const std::size_t top = std::min(rows.size(), kIntroductionLines + 1);
  const auto header =
      std::find_if(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(top), is_header);
  if (header != rows.begin() + static_cast<std::ptrdiff_t>(top)) {
    if (rows.size() > 1 && header->fields.size() != width)
      return base::fail(ErrorCode::invalid, "corrupt",
                        fmt::format("The header names {} columns but the rows have {}. Add or "
                                    "remove a column so that they agree, then import it again.",
                                    header->fields.size(), width));
    shape.has_header = true;
    shape.header = header->fields;
    shape.first_row = header->line + 1;
    rows.erase(rows.begin(), header + 1);
  } else {
    shape.header.assign(width, "");
    const auto first = std::ranges::find_if(
        rows, [&](const SampleRow& row) { return row.fields.size() == width; });
    shape.first_row = first->line;
    rows.erase(rows.begin(), first);
  }
  std::erase_if(rows,
                [&](const SampleRow& row) { return row.fields.size() != shape.header.size(); });
  shape.rows = std::move(rows);
  return shape;
}

}  // namespace worker
