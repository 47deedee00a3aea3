// SQLite as a driver. Nothing outside sqlite_*.cpp knows it.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sql/statement.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace sql {

class SqliteStatement final : public StatementBackend {
 public:
  SqliteStatement(sqlite3* database, std::string_view text);
  ~SqliteStatement() override;
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  void bind_integer(int parameter, std::int64_t value) override;
  void bind_text(int parameter, std::string_view value) override;
  void bind_blob(int parameter, std::span<const std::byte> value) override;
  void bind_null(int parameter) override;
  bool step() override;
  void reset() override;
  void release() override;
  [[nodiscard]] bool is_null(int column) const override;
  [[nodiscard]] std::int64_t integer(int column) const override;
  [[nodiscard]] std::string_view text(int column) const override;
  [[nodiscard]] std::span<const std::byte> blob(int column) const override;
  [[nodiscard]] std::int64_t changed_rows() const override;

  bool borrowed = false;

 private:
  struct Parameter {
    int position = 0;   // SQLite's; 0 where the text lacks it
    std::string value;  // of a text or blob: SQLite reads it here, the room is kept for the next
  };
  [[nodiscard]] Parameter& at(int parameter);
  void check(int code) const;

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  std::vector<Parameter> parameters_;  // $1, $2 …
};

enum class SqliteMode : std::uint8_t { writer, reader };

class SqliteConnection final : public Connection {
 public:
  // Throws SqlError when the file cannot be opened or is not a database. `vfs` names the layer
  // below SQLite; empty: the operating system's.
  SqliteConnection(const std::string& path, SqliteMode mode, const std::string& vfs = {});
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  [[nodiscard]] Statement prepare(std::string_view text) override;
  void execute(std::string_view text) override;
  void execute_schema(std::string_view script) override;
  void begin_write() override;
  void begin_read() override;
  void touch() override;
  [[nodiscard]] std::int64_t changes() const override;
  [[nodiscard]] bool transaction_lost() const override;

 private:
  // Of one text as many statements as were in use at once.
  struct Prepared {
    std::string text;
    std::vector<std::unique_ptr<SqliteStatement>> statements;
  };
  [[nodiscard]] Prepared& prepared(std::string_view text);

  sqlite3* database_ = nullptr;
  std::int64_t scripts_ = 0;
  std::int64_t others_ = -1;  // data_version: changes with every commit of another connection
  std::map<std::string, Prepared, std::less<>> cache_;
  // By the address of the text: the same literal comes from the same place. What is found counts
  // only when it is the same text.
  std::array<Prepared*, 512> recent_{};
};

}  // namespace sql
