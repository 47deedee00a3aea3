// One child process `<binary> worker --fd 3` and our end of its socket. The child gets that socket
// and nothing else of ours: no other descriptor, a three-line environment, default signals, a
// process group of its own (Ctrl-C in the terminal is the server's to handle). Its stdout is
// /dev/null, its stderr ours. One thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.hpp"
#include "features/workspace/file_handle.hpp"

namespace workspace {

struct WorkerExit {
  bool by_signal = false;
  int code = 0;  // exit code, or the signal's number
};

class WorkerProcess {
 public:
  // `internal` when the system refuses (no processes or descriptors left, no such binary).
  [[nodiscard]] static base::Result<WorkerProcess> spawn(const std::string& binary);
  WorkerProcess(WorkerProcess&& other) noexcept = default;
  WorkerProcess& operator=(WorkerProcess&&) = delete;
  // Kills and reaps a child that is still there.
  ~WorkerProcess();

  [[nodiscard]] int socket() const { return socket_.get(); }  // non-blocking
  // Readable once the child has ended: then reap() does not wait.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // SIGKILL; harmless after the end.
  void kill() const;
  // Tells the child that nothing more comes: a healthy one ends by itself.
  void hang_up() const;
  WorkerExit reap();

 private:
  WorkerProcess(FileHandle socket, FileHandle pidfd, pid_t pid)
      : socket_(std::move(socket)), pidfd_(std::move(pidfd)), pid_(pid) {}

  FileHandle socket_;
  FileHandle pidfd_;  // empty once reaped
  pid_t pid_;
};

}  // namespace workspace
