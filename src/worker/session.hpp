// The worker's life after it is confined: takes requests, runs them on threads that all start
// before the first one (a query that filled the address space leaves no room for another stack),
// and watches their deadlines.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "worker/channel.hpp"
#include "worker/request.hpp"
#include "worker/workspace_file.hpp"

namespace worker {

class Session {
 public:
  Session(Channel& channel, WorkspaceFile& file) : channel_(channel), file_(file) {}
  // Returns the exit code when the server hangs up; threads may still run then.
  int serve();
  // Payload of `ready` and of a catalogue's `done`.
  base::Result<std::string> catalogue();

 private:
  struct Work {
    std::shared_ptr<Request> request;
    wire::Frame frame;
  };
  void begin(wire::Frame frame);
  [[noreturn]] void work();
  void run(const std::shared_ptr<Request>& request, const wire::Frame& frame);
  base::Result<std::string> try_answer(Request& request, const wire::Frame& frame);
  base::Result<std::string> answer(Request& request, const wire::Frame& frame);
  base::Result<std::string> answer_read(Request& request, const wire::Frame& frame);
  base::Result<std::string> drop(Request& request, const std::string& name);
  base::Error present(const Request& request, base::Error error) const;
  std::shared_ptr<Request> find(std::uint32_t number);
  [[noreturn]] void watch();

  Channel& channel_;
  WorkspaceFile& file_;
  std::mutex mutex_;
  std::map<std::uint32_t, std::shared_ptr<Request>> requests_{};  // at most wire::kMaxConcurrent
  std::deque<Work> waiting_{};                                    // of those, not yet begun
  std::condition_variable arrived_;
};

}  // namespace worker
