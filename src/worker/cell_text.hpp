// One result value as JSON or as CSV text. JSON: integers beyond 2^53, DECIMAL and HUGEINT are
// strings; NaN and infinities null; instants RFC 3339 UTC; lists arrays; structs objects.
#pragma once

#include <string>

#include "duck/chunk.hpp"

namespace worker {

void append_json_cell(std::string& out, const duck::ColumnView& column, std::size_t row);
// Quoted where it must be; NULL is empty.
void append_csv_cell(std::string& out, const duck::ColumnView& column, std::size_t row);
void append_csv_text(std::string& out, std::string_view text);

}  // namespace worker
