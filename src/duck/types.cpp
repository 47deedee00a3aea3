#include "duck/types.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace duck {
namespace {

constexpr std::array<std::string_view, 40> kNames{"INVALID",
                                                  "BOOLEAN",
                                                  "TINYINT",
                                                  "SMALLINT",
                                                  "INTEGER",
                                                  "BIGINT",
                                                  "UTINYINT",
                                                  "USMALLINT",
                                                  "UINTEGER",
                                                  "UBIGINT",
                                                  "FLOAT",
                                                  "DOUBLE",
                                                  "TIMESTAMP",
                                                  "DATE",
                                                  "TIME",
                                                  "INTERVAL",
                                                  "HUGEINT",
                                                  "VARCHAR",
                                                  "BLOB",
                                                  "DECIMAL",
                                                  "TIMESTAMP_S",
                                                  "TIMESTAMP_MS",
                                                  "TIMESTAMP_NS",
                                                  "ENUM",
                                                  "LIST",
                                                  "STRUCT",
                                                  "MAP",
                                                  "UUID",
                                                  "UNION",
                                                  "BIT",
                                                  "TIME WITH TIME ZONE",
                                                  "TIMESTAMP WITH TIME ZONE",
                                                  "UHUGEINT",
                                                  "ARRAY",
                                                  "ANY",
                                                  "BIGNUM",
                                                  "NULL",
                                                  "VARCHAR",
                                                  "INTEGER",
                                                  "TIME_NS"};

}  // namespace

std::string type_name(const Type& type) {
  const std::string_view plain = kNames[static_cast<std::size_t>(type.id)];
  if (type.id == TypeId::decimal) return fmt::format("DECIMAL({},{})", type.width, type.scale);
  if (type.id == TypeId::list && !type.children.empty()) return type_name(type.children[0]) + "[]";
  if (type.id == TypeId::array && !type.children.empty())
    return fmt::format("{}[{}]", type_name(type.children[0]), type.array_size);
  return std::string{plain};
}

}  // namespace duck
