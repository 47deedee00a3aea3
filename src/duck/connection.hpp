// RAII over DuckDB's C API. Errors keep DuckDB's own text in `message`; it may hold paths, so
// whoever shows it to a user cleans it. Reasons: sql_error, query_memory, interrupted,
// internal_error (I/O, fatal); of Database::open also file_locked, by another process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "duck/chunk.hpp"
#include "duck/types.hpp"

namespace duck {

enum class Access : std::uint8_t { read_write, read_only };

using Settings = std::vector<std::pair<std::string, std::string>>;

// An open database file. Connections keep it open; the file is closed with the last of them.
class Database {
 public:
  // `settings` are those that must be given before opening.
  static base::Result<Database> open(const std::string& path, Access access,
                                     const Settings& settings = {});

 private:
  friend class Connection;
  std::shared_ptr<void> handle_{};
};

enum class StatementKind : std::uint8_t { select, explain, other };

using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

class Rows;

// A prepared statement. One thread at a time.
class Statement {
 public:
  [[nodiscard]] StatementKind kind() const;
  [[nodiscard]] std::size_t parameter_count() const;
  // `index` counts from 1.
  base::Result<void> bind(std::size_t index, const Value& value);
  // Starts it; rows are produced as they are fetched.
  base::Result<Rows> stream();

 private:
  friend class Connection;
  std::shared_ptr<void> connection_{};
  std::shared_ptr<void> handle_{};
};

// Result rows, chunk by chunk. Keeps its connection.
class Rows {
 public:
  [[nodiscard]] const std::vector<Column>& columns() const { return *columns_; }
  // False at the end.
  base::Result<bool> next(Chunk& chunk);

 private:
  friend class Statement;
  std::shared_ptr<void> connection_{};
  std::shared_ptr<void> handle_{};
  std::shared_ptr<std::vector<Column>> columns_{};
  bool ended_ = false;
};

// One thread at a time, except interrupt().
class Connection {
 public:
  static base::Result<Connection> open(const Database& database);

  // Runs statements for their effect.
  base::Result<void> run(const std::string& sql);
  base::Result<Statement> prepare(const std::string& sql);
  base::Result<Rows> query(const std::string& sql, const std::vector<Value>& parameters = {});
  // The first column of the first row as text; nullopt when NULL or when there is no row.
  base::Result<std::optional<std::string>> text(const std::string& sql,
                                                const std::vector<Value>& parameters = {});
  base::Result<std::optional<std::int64_t>> integer(const std::string& sql,
                                                    const std::vector<Value>& parameters = {});
  // How many statements `sql` holds; sql_error when it does not parse.
  base::Result<std::size_t> statement_count(const std::string& sql);
  // Thread-safe. What runs now ends with `interrupted`.
  void interrupt();

 private:
  friend class Appender;
  std::shared_ptr<void> database_{};
  std::shared_ptr<void> handle_{};
};

// "name" with quotes doubled.
[[nodiscard]] std::string quote_name(std::string_view name);
// 'text' with quotes doubled.
[[nodiscard]] std::string quote_text(std::string_view text);

}  // namespace duck
