#include <string_view>

#include "duck/handles.hpp"

namespace duck {
namespace {

using base::Error;
using base::ErrorCode;

// DuckDB appends advice that means nothing to somebody who cannot change its settings.
std::string first_lines(std::string_view text) {
  for (const std::string_view advice :
       {"\n\nPossible solutions", "\n\nSee also", "\n\nStack Trace"})
    if (const auto at = text.find(advice); at != std::string_view::npos) text = text.substr(0, at);
  return std::string{text};
}

bool says(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

}  // namespace

Error error_of(duckdb_error_type type, const char* raw) {
  const std::string text = raw == nullptr ? "DuckDB gave no reason" : first_lines(raw);
  if (type == DUCKDB_ERROR_OUT_OF_MEMORY || says(text, "Out of Memory") ||
      says(text, "bad_alloc") || says(text, "bad allocation"))
    return {ErrorCode::invalid, "query_memory", text, {}, {}, {}};
  if (type == DUCKDB_ERROR_INTERRUPT || says(text, "INTERRUPT Error"))
    return {ErrorCode::invalid, "interrupted", text, {}, {}, {}};
  if (type == DUCKDB_ERROR_IO || type == DUCKDB_ERROR_FATAL || type == DUCKDB_ERROR_INTERNAL)
    return base::fail_internal("duckdb: " + text).error();
  return {ErrorCode::invalid, "sql_error", text, {}, {}, {}};
}

}  // namespace duck
