#include "sql/stepped_database.hpp"

#include "sql/sqlite_connection.hpp"

namespace sql {

namespace {

std::unique_ptr<Connection> open_writer(const DatabaseOptions& options, const SimulatedDisk& disk,
                                        int checkpoint_pages) {
  auto writer =
      std::make_unique<SqliteConnection>(options.path, SqliteMode::writer, disk.vfs_name());
  writer->execute("PRAGMA wal_autocheckpoint=" + std::to_string(checkpoint_pages));
  return writer;
}

}  // namespace

SteppedDatabase::SteppedDatabase(const DatabaseOptions& options, SimulatedDisk& disk,
                                 int checkpoint_pages)
    : LaneDatabase(options, open_writer(options, disk, checkpoint_pages)),
      reader_(
          std::make_unique<SqliteConnection>(options.path, SqliteMode::reader, disk.vfs_name())),
      inspector_(
          std::make_unique<SqliteConnection>(options.path, SqliteMode::reader, disk.vfs_name())) {}

SteppedDatabase::~SteppedDatabase() {
  writes_.close();
  reads_.close();
  for (auto& command : writes_.take(writes_.size())) command.finish(false);
  for (auto& command : reads_.take(reads_.size())) command.finish(false);
}

void SteppedDatabase::step(std::size_t most) {
  if (auto commands = writes_.take(most); !commands.empty()) run_writes(std::move(commands));
  for (auto& command : reads_.take(reads_.size())) run_read(*reader_, command);
}

}  // namespace sql
