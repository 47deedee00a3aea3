// From the common schema dialect to SQLite's.
#pragma once

#include <string>
#include <string_view>

namespace sql {

// BIGINT becomes INTEGER (so that a BIGINT PRIMARY KEY is the
// row id), BYTEA becomes BLOB, and every CREATE TABLE becomes STRICT. Comments are dropped; quoted
// text is left alone.
[[nodiscard]] std::string to_sqlite_schema(std::string_view script);

}  // namespace sql
