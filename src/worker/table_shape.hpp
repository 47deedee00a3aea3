// Delimiter, header and first row of a text table, from its first lines. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "worker/text_lines.hpp"

namespace worker {

struct SampleRow {
  std::uint64_t line = 0;
  std::vector<std::string> fields;
};

struct TableShape {
  char delimiter = ',';
  LineEnd line_end = LineEnd::newline;
  bool has_header = false;
  std::vector<std::string> header{};  // as many as columns; empty names without a header
  std::uint64_t first_row = 1;        // line number
  std::vector<SampleRow> rows{};      // with as many fields as there are columns
};

// `text`: without byte order mark.
base::Result<TableShape> find_table(std::string_view text, bool complete);

}  // namespace worker
