#include "sql/sqlite_connection.hpp"
#include "sql/sqlite_log_damage.hpp"
#include "sql/threaded_database.hpp"

namespace sql {

namespace {

std::string words_for(const LogDamage& damage) {
  return "The write-ahead log was damaged at byte " + std::to_string(damage.at) + ": " +
         std::to_string(damage.frames) +
         " pages written after that are lost. What was committed before it is whole.";
}

}  // namespace

base::Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  const auto damage = options.alone ? find_log_damage(options.path + "-wal") : std::nullopt;
  try {
    auto writer = std::make_unique<SqliteConnection>(options.path, SqliteMode::writer);
    std::vector<std::unique_ptr<Connection>> readers;
    for (int i = 0; i < options.readers; ++i)
      readers.push_back(std::make_unique<SqliteConnection>(options.path, SqliteMode::reader));
    auto database =
        std::make_unique<ThreadedDatabase>(options, std::move(writer), std::move(readers));
    if (damage) database->note_damage(words_for(*damage));
    return database;
  } catch (const SqlError& broken) {
    return base::fail_internal(std::string{"cannot open the database: "} + broken.what());
  }
}

}  // namespace sql
