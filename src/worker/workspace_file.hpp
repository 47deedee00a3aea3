// The workspace's database file. Readers share one READ_ONLY instance; a writer waits for them,
// closes it, opens the file for itself alone, and hands back to a new READ_ONLY instance. Readers
// that come meanwhile wait. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "duck/connection.hpp"

namespace worker {

struct EngineLimits {
  std::int64_t memory_mb = 0;  // DuckDB's own limit, below the process's
  std::int64_t threads = 1;
  std::int64_t temp_mb = 0;
};

class WorkspaceFile {
 public:
  // Checked while waiting; true gives up.
  using GiveUp = std::function<bool()>;

  WorkspaceFile(std::string folder, EngineLimits limits);
  // Waits up to 10 s for a worker before it to be gone, empties tmp/, makes the file when there is
  // none, replays what a crash left, opens it.
  base::Result<void> open();

  // Ends when destroyed, after everything made from the connection is gone.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    duck::Connection& connection() { return *connection_; }

   private:
    friend class WorkspaceFile;
    Lease(WorkspaceFile& file, bool writer) : file_(&file), writer_(writer) {}
    WorkspaceFile* file_;
    bool writer_;
    std::optional<duck::Connection> connection_{};
  };
  base::Result<Lease> read(const GiveUp& give_up);
  base::Result<Lease> write(const GiveUp& give_up);

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  base::Result<void> make();
  base::Result<duck::Connection> open_instance(const std::string& path, duck::Access access);
  void leave_reader();
  void leave_writer();

  std::string folder_;
  std::string path_;
  EngineLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int readers_ = 0;
  int writers_waiting_ = 0;
  bool writing_ = false;
  std::optional<duck::Database> database_{};  // of the readers; none while writing
};

// Puts the settings that confine user SQL, in order, locks them and reads each back. `internal`
// when one does not hold.
base::Result<void> lock_engine(duck::Connection& connection, const std::string& temp_folder,
                               const EngineLimits& limits);

}  // namespace worker
