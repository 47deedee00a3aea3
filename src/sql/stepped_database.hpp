// The lanes without threads: commands wait until they are told to run, on the caller's thread. What
// a simulation is built on: it decides when the disk is done, and in which groups.
#pragma once

#include <memory>

#include "sql/lane_database.hpp"
#include "sql/simulated_disk.hpp"

namespace sql {

class SteppedDatabase final : public LaneDatabase {
 public:
  // Opens or creates options.path on `disk`, with a checkpoint every `checkpoint_pages` of the
  // write-ahead log. Throws SqlError. `disk` outlives it.
  SteppedDatabase(const DatabaseOptions& options, SimulatedDisk& disk, int checkpoint_pages);
  // Commands that still wait are told that they could not be carried out.
  ~SteppedDatabase() override;

  [[nodiscard]] bool waits() const { return writes_.size() + reads_.size() > 0; }
  // Up to `most` waiting writes in one group, and every waiting read.
  void step(std::size_t most);
  // A connection of its own, for who looks on.
  [[nodiscard]] Connection& inspector() { return *inspector_; }

 private:
  std::unique_ptr<Connection> reader_;
  std::unique_ptr<Connection> inspector_;
};

}  // namespace sql
