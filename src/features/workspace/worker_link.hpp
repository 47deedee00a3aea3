// One running worker and the protocol with it: frames out, frames in, credit, deadlines. Knows
// nothing of epoll, of other workers or of accounts' limits. I/O thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "features/workspace/worker_call.hpp"
#include "features/workspace/worker_process.hpp"

namespace workspace {

enum class LinkState : std::uint8_t {
  starting,  // `open` is sent
  ready,
  ending,  // hung up, asked to end, or killed: nothing is read or sent any more, it will be reaped
};

class WorkerLink {
 public:
  WorkerLink(WorkerProcess process, std::uint64_t serial, base::AccountId account);

  // Queues the `open` frame.
  void open(std::string_view payload, base::Instant ready_by);
  void begin(std::shared_ptr<CallState> call, base::Instant now);
  void grant(const CallState& call, std::size_t bytes);
  // Sends `cancel` once; the worker has the call's grace to answer.
  void interrupt(CallState& call, base::Instant now);

  // What `ready` carried, once.
  struct Heard {
    std::optional<std::string> ready;
    bool more = false;  // stopped for fairness; the socket has more
    bool hung_up = false;
  };
  // Reads what is there. An error: the peer broke the protocol; kill it.
  [[nodiscard]] base::Result<Heard> receive(base::Instant now);
  // Writes what is queued; true when all of it is out. An error as above.
  [[nodiscard]] base::Result<bool> flush();

  // Ends calls whose deadline is past (they are told) and says whether the worker must be killed.
  [[nodiscard]] bool overdue(base::Instant now);
  [[nodiscard]] std::optional<base::Instant> next_deadline() const;

  // From now on nothing is read or sent. A worker still there at `kill_at` is overdue.
  void expect_end(base::Instant kill_at);  // it hung up
  void end_gently(base::Instant kill_at);  // we do
  void end_by_force();
  void fail_calls(const base::Error& why);
  void fail_cuttable(const base::Error& why, base::Instant now);

  [[nodiscard]] LinkState state() const { return state_; }
  [[nodiscard]] bool asked_to_end() const { return asked_to_end_; }
  [[nodiscard]] bool was_ready() const { return was_ready_; }
  [[nodiscard]] bool idle() const { return state_ == LinkState::ready && calls_.empty(); }
  [[nodiscard]] base::Instant idle_since() const { return idle_since_; }
  [[nodiscard]] std::size_t calls() const { return calls_.size(); }
  [[nodiscard]] std::uint64_t serial() const { return serial_; }
  [[nodiscard]] base::AccountId account() const { return account_; }
  [[nodiscard]] WorkerProcess& process() { return process_; }
  bool waits_to_write = false;  // the pool's note: epoll watches for room in the socket

 private:
  base::Result<void> handle(wire::Frame frame, Heard& heard, base::Instant now);
  base::Result<void> answer(CallState& call, wire::Frame frame);

  WorkerProcess process_;
  std::uint64_t serial_;
  base::AccountId account_;
  LinkState state_ = LinkState::starting;
  bool was_ready_ = false;
  bool asked_to_end_ = false;
  std::optional<base::Instant> limit_{};  // until ready, or until the reaping
  base::Instant idle_since_{};
  std::uint32_t last_request_ = 0;
  std::map<std::uint32_t, std::shared_ptr<CallState>> calls_{};
  wire::FrameReader reader_{};
  std::string out_{};
  std::size_t sent_ = 0;
};

}  // namespace workspace
