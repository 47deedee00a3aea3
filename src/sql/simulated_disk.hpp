// A disk in memory for SQLite (a VFS), which can lose power or refuse an operation at a chosen
// moment. Only what was synced is sure to be there afterwards: of everything written since, any
// part may survive, in pieces of a sector, as on a real disk with its own cache. Names of files are
// kept at once (SQLite syncs folders itself). Locks and the shared index of the write-ahead log
// live in memory and end with the power. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/random.hpp"

namespace sql {

enum class DiskFault : std::uint8_t { input_output, full };

class SimulatedDisk {
 public:
  SimulatedDisk();
  // Every connection to it is closed by then.
  ~SimulatedDisk();
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  [[nodiscard]] const std::string& vfs_name() const;
  // Writes, truncations, deletions and syncs so far.
  [[nodiscard]] std::int64_t operations() const;

  // The n-th operation from now (1: the next) does not come to its end, and the power is gone: all
  // fails until restore_power(). 0 takes it back.
  void fail_power_at(std::int64_t operation);
  // The n-th operation from now fails; the next ones do not.
  void refuse_at(std::int64_t operation, DiskFault fault);
  void fail_power();
  [[nodiscard]] bool has_power() const;
  // Every connection is closed by then. `random` decides what survived.
  void restore_power(base::Random& random);

  // Bytes of a file as they would be read now; empty when there is no such file.
  [[nodiscard]] std::string content(const std::string& path) const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace sql
