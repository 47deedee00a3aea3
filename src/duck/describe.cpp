#include "duck/handles.hpp"

namespace duck {
namespace {

static_assert(static_cast<int>(TypeId::timestamp_tz) == DUCKDB_TYPE_TIMESTAMP_TZ);
static_assert(static_cast<int>(TypeId::uuid) == DUCKDB_TYPE_UUID);
static_assert(static_cast<int>(TypeId::time_ns) == DUCKDB_TYPE_TIME_NS);
static_assert(static_cast<int>(TypeId::array) == DUCKDB_TYPE_ARRAY);

std::string take_text(char* text) {
  std::string out = text == nullptr ? "" : text;
  duckdb_free(text);
  return out;
}

void describe_nested(duckdb_logical_type logical, Type& type) {
  if (type.id == TypeId::list)
    type.children.push_back(describe_type(duckdb_list_type_child_type(logical)));
  if (type.id == TypeId::array) {
    type.children.push_back(describe_type(duckdb_array_type_child_type(logical)));
    type.array_size = duckdb_array_type_array_size(logical);
  }
  if (type.id == TypeId::map) {
    Type entry{.id = TypeId::structure, .names = {"key", "value"}};
    entry.children.push_back(describe_type(duckdb_map_type_key_type(logical)));
    entry.children.push_back(describe_type(duckdb_map_type_value_type(logical)));
    type.children.push_back(std::move(entry));
  }
  if (type.id == TypeId::structure)
    for (idx_t index = 0; index < duckdb_struct_type_child_count(logical); ++index) {
      type.names.push_back(take_text(duckdb_struct_type_child_name(logical, index)));
      type.children.push_back(describe_type(duckdb_struct_type_child_type(logical, index)));
    }
}

}  // namespace

Type describe_type(duckdb_logical_type logical) {
  const auto id = duckdb_get_type_id(logical);
  Type type;
  type.id = id <= DUCKDB_TYPE_TIME_NS ? static_cast<TypeId>(id) : TypeId::invalid;
  if (type.id == TypeId::decimal) {
    type.width = duckdb_decimal_width(logical);
    type.scale = duckdb_decimal_scale(logical);
    type.storage = static_cast<TypeId>(duckdb_decimal_internal_type(logical));
  }
  if (type.id == TypeId::enumeration) {
    type.storage = static_cast<TypeId>(duckdb_enum_internal_type(logical));
    for (std::uint32_t index = 0; index < duckdb_enum_dictionary_size(logical); ++index)
      type.names.push_back(take_text(duckdb_enum_dictionary_value(logical, index)));
  }
  describe_nested(logical, type);
  duckdb_destroy_logical_type(&logical);
  return type;
}

}  // namespace duck
