// The lanes on threads of their own: one that writes, one for each reader connection.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "sql/lane_database.hpp"

namespace sql {

// Its destructor refuses new commands, finishes those queued and joins the threads.
class ThreadedDatabase final : public LaneDatabase {
 public:
  ThreadedDatabase(const DatabaseOptions& options, std::unique_ptr<Connection> writer,
                   std::vector<std::unique_ptr<Connection>> readers);
  ~ThreadedDatabase() override;

 private:
  void write_loop();
  void read_loop(Connection& connection);

  std::vector<std::unique_ptr<Connection>> readers_;
  std::vector<std::jthread> threads_;
};

}  // namespace sql
