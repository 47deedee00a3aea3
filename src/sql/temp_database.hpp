// For tests: a database file in a folder that goes away with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/check.hpp"
#include "sql/database.hpp"

namespace sql {

class TempDatabase {
 public:
  explicit TempDatabase(DatabaseOptions options = {}) : options_(std::move(options)) {
    std::string folder = std::filesystem::temp_directory_path() / "redline_sql_XXXXXX";
    RL_CHECK(::mkdtemp(folder.data()) != nullptr, "a temporary folder can be made");
    folder_ = folder;
    options_.path = folder_ / "store.db";
  }
  ~TempDatabase() {
    database_.reset();
    std::error_code ignored_at_exit;
    std::filesystem::remove_all(folder_, ignored_at_exit);
  }
  TempDatabase(const TempDatabase&) = delete;
  TempDatabase& operator=(const TempDatabase&) = delete;

  // Opens on first use.
  Database& operator*() {
    if (!database_) reopen();
    return *database_;
  }
  void close() { database_.reset(); }
  void reopen() {
    close();
    auto opened = Database::open(options_);
    RL_CHECK(opened.has_value(), opened ? "" : opened.error().detail);
    database_ = std::move(*opened);
  }
  [[nodiscard]] std::unique_ptr<Database> open_another() const {
    return std::move(Database::open(options_).value());
  }
  [[nodiscard]] std::string path() const { return options_.path; }

 private:
  DatabaseOptions options_;
  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

}  // namespace sql
