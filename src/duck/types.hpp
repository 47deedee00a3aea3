// DuckDB's column types, without its header. Numerals are those of its C API.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace duck {

enum class TypeId : std::uint8_t {
  invalid = 0,
  boolean = 1,
  tinyint = 2,
  smallint = 3,
  integer = 4,
  bigint = 5,
  utinyint = 6,
  usmallint = 7,
  uinteger = 8,
  ubigint = 9,
  real = 10,
  double_precision = 11,
  timestamp = 12,  // microseconds
  date = 13,       // int32 days
  time = 14,       // int64 microseconds
  interval = 15,
  hugeint = 16,
  varchar = 17,
  blob = 18,
  decimal = 19,
  timestamp_s = 20,
  timestamp_ms = 21,
  timestamp_ns = 22,
  enumeration = 23,
  list = 24,
  structure = 25,
  map = 26,
  uuid = 27,
  union_type = 28,
  bit = 29,
  time_tz = 30,
  timestamp_tz = 31,
  uhugeint = 32,
  array = 33,
  any = 34,
  bignum = 35,
  sql_null = 36,
  string_literal = 37,
  integer_literal = 38,
  time_ns = 39,
};

struct Type {
  TypeId id = TypeId::invalid;
  TypeId storage = TypeId::invalid;  // of a decimal or an enum
  std::uint8_t scale = 0;            // of a decimal
  std::uint8_t width = 0;
  std::uint64_t array_size = 0;
  std::vector<std::string> names{};  // fields of a struct, values of an enum
  std::vector<Type> children{};      // fields; the element of a list, array or map
};

// As SQL writes it: "DOUBLE", "DECIMAL(18,3)", "VARCHAR[]".
[[nodiscard]] std::string type_name(const Type& type);

struct Column {
  std::string name;
  Type type;
};

}  // namespace duck
