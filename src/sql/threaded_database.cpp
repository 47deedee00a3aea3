#include "sql/threaded_database.hpp"

namespace sql {

ThreadedDatabase::ThreadedDatabase(const DatabaseOptions& options,
                                   std::unique_ptr<Connection> writer,
                                   std::vector<std::unique_ptr<Connection>> readers)
    : LaneDatabase(options, std::move(writer)), readers_(std::move(readers)) {
  threads_.emplace_back([this] { write_loop(); });
  for (auto& reader : readers_) threads_.emplace_back([this, &reader] { read_loop(*reader); });
}

ThreadedDatabase::~ThreadedDatabase() {
  writes_.close();
  reads_.close();
  threads_.clear();
}

void ThreadedDatabase::write_loop() {
  while (true) {
    auto commands = writes_.pop(options_.max_group);
    if (commands.empty()) return;
    run_writes(std::move(commands));
  }
}

void ThreadedDatabase::read_loop(Connection& connection) {
  while (true) {
    auto commands = reads_.pop(1);
    if (commands.empty()) return;
    run_read(connection, commands.front());
  }
}

}  // namespace sql
