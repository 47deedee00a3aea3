#include "sql/sqlite_connection.hpp"

#include <sqlite3.h>

#include "base/check.hpp"
#include "sql/sqlite_dialect.hpp"

namespace sql {

namespace {

[[noreturn]] void fail(sqlite3* database, std::string_view text) {
  std::string what = database == nullptr ? "out of memory" : sqlite3_errmsg(database);
  if (database != nullptr) what += " (" + std::to_string(sqlite3_extended_errcode(database)) + ")";
  throw SqlError(what + " in: " + std::string{text.substr(0, 300)});
}

constexpr std::size_t kKeptBytes = 4'096;

// What a savepoint can take back is kept in one piece of memory up to this, beyond it in a
// temporary file. The most that works: SQLite moves the piece with one write, of whose length its
// unix layer takes 17 bits; a larger piece becomes a "disk is full".
constexpr int kSavepointBytes = 0x1ffff;

// Without statistics SQLite's allocator needs no lock that all connections share. Before its first
// use in the process; later it is refused and nothing changes.
void configure_once() {
  static const bool kDone =
      sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK &&
      sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, kSavepointBytes) == SQLITE_OK;
  (void)kDone;
}

}  // namespace

SqliteStatement::SqliteStatement(sqlite3* database, std::string_view text) : database_(database) {
  const int code = sqlite3_prepare_v3(database, text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) fail(database, text);
  RL_CHECK(statement_ != nullptr, "a statement has text");
  const int count = sqlite3_bind_parameter_count(statement_);
  parameters_.resize(static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i)
    parameters_[static_cast<std::size_t>(i) - 1].position =
        sqlite3_bind_parameter_index(statement_, ("$" + std::to_string(i)).c_str());
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

SqliteStatement::Parameter& SqliteStatement::at(int parameter) {
  const auto index = static_cast<std::size_t>(parameter) - 1;
  RL_CHECK(index < parameters_.size() && parameters_[index].position > 0,
           "the statement has no such parameter: $" + std::to_string(parameter));
  return parameters_[index];
}

void SqliteStatement::check(int code) const {
  if (code != SQLITE_OK) fail(database_, sqlite3_sql(statement_));
}

void SqliteStatement::bind_integer(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, at(parameter).position, value));
}

void SqliteStatement::bind_text(int parameter, std::string_view value) {
  auto& into = at(parameter);
  into.value.assign(value);
  check(sqlite3_bind_text64(statement_, into.position, into.value.data(), into.value.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
}

void SqliteStatement::bind_blob(int parameter, std::span<const std::byte> value) {
  auto& into = at(parameter);
  into.value.assign(std::string_view{reinterpret_cast<const char*>(value.data()), value.size()});
  check(sqlite3_bind_blob64(statement_, into.position, into.value.data(), into.value.size(),
                            SQLITE_STATIC));
}

void SqliteStatement::bind_null(int parameter) {
  check(sqlite3_bind_null(statement_, at(parameter).position));
}

bool SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(database_, sqlite3_sql(statement_));
  return false;
}

void SqliteStatement::reset() { sqlite3_reset(statement_); }

void SqliteStatement::release() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  // One large text must not stay for ever.
  for (auto& parameter : parameters_)
    if (parameter.value.capacity() > kKeptBytes) std::string{}.swap(parameter.value);
  borrowed = false;
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteStatement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {reinterpret_cast<const char*>(bytes), bytes == nullptr ? 0 : size};
}

std::span<const std::byte> SqliteStatement::blob(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {bytes, bytes == nullptr ? 0 : size};
}

std::int64_t SqliteStatement::changed_rows() const { return sqlite3_changes64(database_); }

SqliteConnection::SqliteConnection(const std::string& path, SqliteMode mode,
                                   const std::string& vfs) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                    (mode == SqliteMode::writer ? SQLITE_OPEN_CREATE : 0);
  configure_once();
  try {
    const char* layer = vfs.empty() ? nullptr : vfs.c_str();
    if (sqlite3_open_v2(path.c_str(), &database_, flags, layer) != SQLITE_OK)
      fail(database_, "opening " + path);
    sqlite3_extended_result_codes(database_, 1);
    sqlite3_busy_timeout(database_, 5'000);
    execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        "PRAGMA trusted_schema=OFF; PRAGMA temp_store=FILE; PRAGMA cache_size=-32768;"
        "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864;");
    if (mode == SqliteMode::reader) execute("PRAGMA query_only=ON");
    if (mode == SqliteMode::writer && sqlite3_db_readonly(database_, "main") == 1)
      throw SqlError(path + " is read-only");
  } catch (const SqlError&) {
    sqlite3_close(database_);
    throw;
  }
}

SqliteConnection::~SqliteConnection() {
  cache_.clear();
  sqlite3_close(database_);
}

SqliteConnection::Prepared& SqliteConnection::prepared(std::string_view text) {
  const auto address = reinterpret_cast<std::uintptr_t>(text.data());
  auto*& recent = recent_.at((address ^ (address >> 9U)) % recent_.size());
  if (recent != nullptr && recent->text == text) return *recent;
  auto found = cache_.find(text);
  if (found == cache_.end())
    found = cache_.try_emplace(std::string{text}, Prepared{std::string{text}, {}}).first;
  recent = &found->second;
  return *recent;
}

Statement SqliteConnection::prepare(std::string_view text) {
  auto& known = prepared(text);
  for (auto& statement : known.statements) {
    if (statement->borrowed) continue;
    statement->borrowed = true;
    return Statement{*statement};
  }
  auto& fresh = *known.statements.emplace_back(std::make_unique<SqliteStatement>(database_, text));
  fresh.borrowed = true;
  return Statement{fresh};
}

void SqliteConnection::execute(std::string_view text) {
  const std::string script{text};
  if (sqlite3_exec(database_, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    fail(database_, text);
}

void SqliteConnection::execute_schema(std::string_view script) {
  ++scripts_;
  execute(to_sqlite_schema(script));
}

void SqliteConnection::begin_write() {
  prepare("BEGIN IMMEDIATE").run();
  auto row = prepare("PRAGMA data_version");
  const auto others = row.step() ? row.integer(0) : -1;
  if (others != others_) forget();
  others_ = others;
}

void SqliteConnection::begin_read() {
  forget();
  prepare("BEGIN").run();
}

void SqliteConnection::touch() {
  std::int64_t version = 0;
  {
    auto row = prepare("PRAGMA user_version");
    if (row.step()) version = row.integer(0);
  }
  execute("PRAGMA user_version=" + std::to_string(version));
}

std::int64_t SqliteConnection::changes() const {
  return sqlite3_total_changes64(database_) + scripts_;
}

bool SqliteConnection::transaction_lost() const { return sqlite3_get_autocommit(database_) != 0; }

}  // namespace sql
