// Inside src/duck only: DuckDB's handles from the type-erased owners of the public headers.
#pragma once

#include <memory>
#include <string>

#include <duckdb.h>

#include "base/result.hpp"
#include "duck/types.hpp"

namespace duck {

[[nodiscard]] inline duckdb_database as_database(const std::shared_ptr<void>& owner) {
  return static_cast<duckdb_database>(owner.get());
}
[[nodiscard]] inline duckdb_connection as_connection(const std::shared_ptr<void>& owner) {
  return static_cast<duckdb_connection>(owner.get());
}
[[nodiscard]] inline duckdb_prepared_statement as_statement(const std::shared_ptr<void>& owner) {
  return static_cast<duckdb_prepared_statement>(owner.get());
}

[[nodiscard]] base::Error error_of(duckdb_error_type type, const char* text);
// Takes over `logical`.
[[nodiscard]] Type describe_type(duckdb_logical_type logical);

}  // namespace duck
