#include "worker/cell_text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/json.hpp"
#include "worker/scalar_text.hpp"

namespace worker {
namespace {

using duck::ColumnView;
using duck::ListEntry;
using duck::TypeId;

constexpr std::int64_t kExactInteger = 1LL << 53U;

void append_json_integer(std::string& out, std::int64_t value) {
  const bool exact = value <= kExactInteger && value >= -kExactInteger;
  if (exact)
    fmt::format_to(std::back_inserter(out), "{}", value);
  else
    fmt::format_to(std::back_inserter(out), "\"{}\"", value);
}

void append_json_real(std::string& out, double value, bool single) {
  if (!std::isfinite(value))
    out += "null";
  else if (single)
    fmt::format_to(std::back_inserter(out), "{}", static_cast<float>(value));
  else
    fmt::format_to(std::back_inserter(out), "{}", value);
}

void append_json_list(std::string& out, const ColumnView& elements, ListEntry range) {
  out.push_back('[');
  for (std::uint64_t index = 0; index < range.length; ++index) {
    if (index > 0) out.push_back(',');
    append_json_cell(out, elements, range.offset + index);
  }
  out.push_back(']');
}

void append_json_struct(std::string& out, const ColumnView& column, std::size_t row) {
  out.push_back('{');
  for (std::size_t index = 0; index < column.children.size(); ++index) {
    if (index > 0) out.push_back(',');
    base::append_json_string(out, column.type->names[index]);
    out.push_back(':');
    append_json_cell(out, column.children[index], row);
  }
  out.push_back('}');
}

// True when the type is one of those that have a JSON form of their own.
bool append_json_native(std::string& out, const ColumnView& column, std::size_t row) {
  switch (column.type->id) {  // NOLINT: the rest is text
    case TypeId::boolean:
      out += column.at<std::uint8_t>(row) != 0 ? "true" : "false";
      return true;
    case TypeId::real:
      append_json_real(out, column.at<float>(row), true);
      return true;
    case TypeId::double_precision:
      append_json_real(out, column.at<double>(row), false);
      return true;
    case TypeId::varchar:
      base::append_json_string(out, column.text(row));
      return true;
    case TypeId::list:
    case TypeId::map:
      append_json_list(out, column.children[0], column.at<ListEntry>(row));
      return true;
    case TypeId::array:
      append_json_list(out, column.children[0],
                       {row * column.type->array_size, column.type->array_size});
      return true;
    case TypeId::structure:
      append_json_struct(out, column, row);
      return true;
    case TypeId::invalid:
    case TypeId::tinyint:
    case TypeId::smallint:
    case TypeId::integer:
    case TypeId::bigint:
    case TypeId::utinyint:
    case TypeId::usmallint:
    case TypeId::uinteger:
    case TypeId::ubigint:
    case TypeId::timestamp:
    case TypeId::date:
    case TypeId::time:
    case TypeId::interval:
    case TypeId::hugeint:
    case TypeId::blob:
    case TypeId::decimal:
    case TypeId::timestamp_s:
    case TypeId::timestamp_ms:
    case TypeId::timestamp_ns:
    case TypeId::enumeration:
    case TypeId::uuid:
    case TypeId::union_type:
    case TypeId::bit:
    case TypeId::time_tz:
    case TypeId::timestamp_tz:
    case TypeId::uhugeint:
    case TypeId::any:
    case TypeId::bignum:
    case TypeId::sql_null:
    case TypeId::string_literal:
    case TypeId::integer_literal:
    case TypeId::time_ns:
      return false;
  }
  return false;
}

bool is_nested(TypeId id) {
  return id == TypeId::list || id == TypeId::map || id == TypeId::array || id == TypeId::structure;
}

}  // namespace

void append_json_cell(std::string& out, const ColumnView& column, std::size_t row) {
  if (!column.valid(row)) {
    out += "null";
    return;
  }
  if (append_json_native(out, column, row)) return;
  if (const auto small = small_integer(column, row)) {
    append_json_integer(out, *small);
    return;
  }
  std::string text;
  append_scalar(text, column, row);
  base::append_json_string(out, text);
}

void append_csv_text(std::string& out, std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out.push_back('"');
  for (const char letter : text) {
    if (letter == '"') out.push_back('"');
    out.push_back(letter);
  }
  out.push_back('"');
}

void append_csv_cell(std::string& out, const ColumnView& column, std::size_t row) {
  if (!column.valid(row)) return;
  const TypeId id = column.type->id;
  if (id == TypeId::double_precision || id == TypeId::real) {
    const double value =
        id == TypeId::real ? static_cast<double>(column.at<float>(row)) : column.at<double>(row);
    if (std::isfinite(value)) append_json_real(out, value, id == TypeId::real);
    return;
  }
  if (id == TypeId::varchar) return append_csv_text(out, column.text(row));
  std::string text;
  if (is_nested(id) || id == TypeId::boolean)
    append_json_cell(text, column, row);
  else if (const auto small = small_integer(column, row))
    fmt::format_to(std::back_inserter(text), "{}", *small);
  else
    append_scalar(text, column, row);
  append_csv_text(out, text);
}

}  // namespace worker
