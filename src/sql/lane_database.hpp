// The lanes of a Database, over any driver's connections: commands wait in two queues; the writer
// lane commits them in groups, the reader lanes run them one by one. Who drives the lanes is the
// subclass's: threads (ThreadedDatabase) or, step by step, a simulation (SteppedDatabase).
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "sql/command_queue.hpp"
#include "sql/database.hpp"

namespace sql {

class LaneDatabase : public Database {
 public:
  [[nodiscard]] Health health() const override;
  // Kept in health and written to the log.
  void note_damage(std::string words);

 protected:
  LaneDatabase(const DatabaseOptions& options, std::unique_ptr<Connection> writer);
  bool submit_write(Command command) override { return writes_.push(std::move(command)); }
  bool submit_read(Command command) override { return reads_.push(std::move(command)); }

  // Runs every command, in as few transactions as possible, and tells each what became of it.
  void run_writes(std::vector<Command> commands);
  void run_read(Connection& connection, Command& command);

  const DatabaseOptions options_;
  CommandQueue<Command> writes_;
  CommandQueue<Command> reads_;

 private:
  enum class Outcome : std::uint8_t {
    whole,    // to be committed
    spoiled,  // a command was refused after it had written
    failed,   // the engine gave the transaction up
  };
  struct Group {
    std::size_t next = 0;  // the first command that did not run
    Outcome outcome = Outcome::whole;
  };

  // Runs commands[from..] in one transaction; returns how many it has finished (all, unless the
  // engine gave the transaction up half-way: then those up to there failed, the rest is untouched).
  std::size_t run_group(std::vector<Command>& commands, std::size_t from);
  bool begin();
  // Without savepoints, which would copy every page that a command touches: a command that is
  // refused has nearly always written nothing. One that has spoils the group, which is then run
  // again from its beginning, apart.
  Group run_together(std::vector<Command>& commands, std::size_t from);
  Group run_apart(std::vector<Command>& commands, std::size_t from);
  // False when the engine gave up the whole transaction.
  bool run_in_savepoint(Command& command);
  static std::size_t finish(std::vector<Command>& commands, std::size_t from, std::size_t to,
                            Outcome outcome);
  bool commit();
  void roll_back(Connection& connection);
  void note_failure(std::string_view event, std::string_view detail);

  std::unique_ptr<Connection> writer_;
  mutable std::mutex health_mutex_;
  Health health_;
};

}  // namespace sql
