#include "duck/connection.hpp"

#include "duck/handles.hpp"

namespace duck {
namespace {

using base::Error;
using base::Result;

void free_database(void* raw) {
  auto handle = static_cast<duckdb_database>(raw);
  duckdb_close(&handle);
}
void free_connection(void* raw) {
  auto handle = static_cast<duckdb_connection>(raw);
  duckdb_disconnect(&handle);
}
void free_statement(void* raw) {
  auto handle = static_cast<duckdb_prepared_statement>(raw);
  duckdb_destroy_prepare(&handle);
}
void free_result(void* raw) {
  auto* result = static_cast<duckdb_result*>(raw);
  duckdb_destroy_result(result);
  delete result;
}

std::string quote(std::string_view text, char mark) {
  std::string out{mark};
  for (const char letter : text) {
    if (letter == mark) out.push_back(mark);
    out.push_back(letter);
  }
  out.push_back(mark);
  return out;
}

}  // namespace

Result<Database> Database::open(const std::string& path, Access access, const Settings& settings) {
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) != DuckDBSuccess)
    return base::fail_internal("duckdb: no configuration");
  const std::unique_ptr<duckdb_config, void (*)(duckdb_config*)> guard(&config,
                                                                       duckdb_destroy_config);
  duckdb_set_config(config, "access_mode",
                    access == Access::read_only ? "READ_ONLY" : "READ_WRITE");
  for (const auto& [name, value] : settings)
    if (duckdb_set_config(config, name.c_str(), value.c_str()) != DuckDBSuccess)
      return base::fail_internal("duckdb: unknown setting " + name);
  duckdb_database handle = nullptr;
  char* error = nullptr;
  if (duckdb_open_ext(path.c_str(), &handle, config, &error) != DuckDBSuccess) {
    std::string detail = error == nullptr ? "duckdb: cannot open" : error;
    duckdb_free(error);
    Error failed = base::fail_internal(std::move(detail)).error();
    if (failed.detail.contains("Could not set lock")) failed.reason = "file_locked";
    return std::unexpected(std::move(failed));
  }
  Database database;
  database.handle_ = std::shared_ptr<void>(handle, free_database);
  return database;
}

Result<Connection> Connection::open(const Database& database) {
  duckdb_connection handle = nullptr;
  if (duckdb_connect(as_database(database.handle_), &handle) != DuckDBSuccess)
    return base::fail_internal("duckdb: cannot connect");
  Connection connection;
  connection.database_ = database.handle_;
  // The connection's owner also owns the database, so that a Rows outlives neither.
  connection.handle_ =
      std::shared_ptr<void>(handle, [keep = database.handle_](void* raw) { free_connection(raw); });
  return connection;
}

Result<void> Connection::run(const std::string& sql) {
  duckdb_result result{};
  const auto state = duckdb_query(as_connection(handle_), sql.c_str(), &result);
  Result<void> outcome;
  if (state != DuckDBSuccess)
    outcome =
        std::unexpected(error_of(duckdb_result_error_type(&result), duckdb_result_error(&result)));
  duckdb_destroy_result(&result);
  return outcome;
}

Result<Statement> Connection::prepare(const std::string& sql) {
  duckdb_prepared_statement handle = nullptr;
  const auto state = duckdb_prepare(as_connection(handle_), sql.c_str(), &handle);
  Statement statement;
  statement.handle_ = std::shared_ptr<void>(handle, free_statement);
  statement.connection_ = handle_;
  if (state != DuckDBSuccess)
    return std::unexpected(error_of(DUCKDB_ERROR_INVALID, duckdb_prepare_error(handle)));
  return statement;
}

Result<Rows> Connection::query(const std::string& sql, const std::vector<Value>& parameters) {
  RL_TRY(auto statement, prepare(sql));
  for (std::size_t index = 0; index < parameters.size(); ++index)
    RL_TRY_VOID(statement.bind(index + 1, parameters[index]));
  return statement.stream();
}

Result<std::optional<std::string>> Connection::text(const std::string& sql,
                                                    const std::vector<Value>& parameters) {
  RL_TRY(auto rows, query(sql, parameters));
  Chunk chunk;
  RL_TRY(const bool some, rows.next(chunk));
  if (!some || chunk.size() == 0 || !chunk.column(0).valid(0)) return std::optional<std::string>{};
  return std::optional<std::string>{chunk.column(0).text(0)};
}

Result<std::optional<std::int64_t>> Connection::integer(const std::string& sql,
                                                        const std::vector<Value>& parameters) {
  RL_TRY(auto rows, query(sql, parameters));
  Chunk chunk;
  RL_TRY(const bool some, rows.next(chunk));
  if (!some || chunk.size() == 0 || !chunk.column(0).valid(0)) return std::optional<std::int64_t>{};
  return std::optional<std::int64_t>{chunk.column(0).at<std::int64_t>(0)};
}

Result<std::size_t> Connection::statement_count(const std::string& sql) {
  duckdb_extracted_statements extracted = nullptr;
  const std::size_t count =
      duckdb_extract_statements(as_connection(handle_), sql.c_str(), &extracted);
  Result<std::size_t> outcome = count;
  if (const char* text = count == 0 ? duckdb_extract_statements_error(extracted) : nullptr;
      text != nullptr)
    outcome = std::unexpected(error_of(DUCKDB_ERROR_PARSER, text));
  duckdb_destroy_extracted(&extracted);
  return outcome;
}

void Connection::interrupt() { duckdb_interrupt(as_connection(handle_)); }

StatementKind Statement::kind() const {
  const auto type = duckdb_prepared_statement_type(as_statement(handle_));
  if (type == DUCKDB_STATEMENT_TYPE_SELECT) return StatementKind::select;
  return type == DUCKDB_STATEMENT_TYPE_EXPLAIN ? StatementKind::explain : StatementKind::other;
}

std::size_t Statement::parameter_count() const { return duckdb_nparams(as_statement(handle_)); }

Result<void> Statement::bind(std::size_t index, const Value& value) {
  auto* statement = as_statement(handle_);
  duckdb_state state = DuckDBSuccess;
  if (const auto* text = std::get_if<std::string>(&value))
    state = duckdb_bind_varchar_length(statement, index, text->data(), text->size());
  else if (const auto* real = std::get_if<double>(&value))
    state = duckdb_bind_double(statement, index, *real);
  else if (const auto* whole = std::get_if<std::int64_t>(&value))
    state = duckdb_bind_int64(statement, index, *whole);
  else if (const auto* flag = std::get_if<bool>(&value))
    state = duckdb_bind_boolean(statement, index, *flag);
  else
    state = duckdb_bind_null(statement, index);
  if (state == DuckDBSuccess) return {};
  return std::unexpected(error_of(DUCKDB_ERROR_INVALID_INPUT, duckdb_prepare_error(statement)));
}

Result<Rows> Statement::stream() {
  duckdb_pending_result pending = nullptr;
  const auto state = duckdb_pending_prepared_streaming(as_statement(handle_), &pending);
  const std::unique_ptr<duckdb_pending_result, void (*)(duckdb_pending_result*)> guard(
      &pending, duckdb_destroy_pending);
  if (state != DuckDBSuccess)
    return std::unexpected(error_of(DUCKDB_ERROR_INVALID, duckdb_pending_error(pending)));
  Rows rows;
  rows.connection_ = connection_;
  auto* result = new duckdb_result{};
  // Destroyed before the connection it came from.
  rows.handle_ = std::shared_ptr<void>(
      result, [connection = connection_, statement = handle_](void* raw) { free_result(raw); });
  if (duckdb_execute_pending(pending, result) != DuckDBSuccess)
    return std::unexpected(error_of(duckdb_result_error_type(result), duckdb_result_error(result)));
  auto columns = std::make_shared<std::vector<Column>>();
  for (idx_t index = 0; index < duckdb_column_count(result); ++index)
    columns->push_back({duckdb_column_name(result, index),
                        describe_type(duckdb_column_logical_type(result, index))});
  rows.columns_ = std::move(columns);
  return rows;
}

std::string quote_name(std::string_view name) { return quote(name, '"'); }
std::string quote_text(std::string_view text) { return quote(text, '\''); }

}  // namespace duck
