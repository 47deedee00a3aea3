// One request under way: its credit, its deadline, its cancellation, and the way back to the
// server. Shared by the thread that works on it, the one that reads frames and the watchdog.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "duck/connection.hpp"
#include "worker/channel.hpp"

namespace worker {

using Steady = std::chrono::steady_clock;

class Request {
 public:
  Request(Channel& channel, std::uint32_t number) : channel_(channel), number_(number) {}

  // From the thread that works on it.
  void set_deadline(Steady::time_point at);
  // Interrupts this connection at the deadline or when cancelled, until the guard is gone.
  class Guard {
   public:
    Guard(Request& request, duck::Connection& connection);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Request& request_;
  };
  [[nodiscard]] bool stopped() const { return cancelled_.load() || expired(); }
  [[nodiscard]] bool cancelled() const { return cancelled_.load(); }
  [[nodiscard]] bool expired() const {
    return Steady::now().time_since_epoch().count() > deadline_.load();
  }
  void send(wire::FrameType type, std::string_view payload) {
    channel_.send(type, number_, payload);
  }
  // Waits for credit; `interrupted` when the request was stopped meanwhile.
  base::Result<void> send_data(std::string_view bytes);

  // From the thread that reads frames.
  void add_credit(std::uint32_t bytes);
  void cancel();

  // From the watchdog: interrupts what must end; true when it is overdue beyond mercy.
  bool enforce(Steady::time_point now);
  [[nodiscard]] std::uint32_t number() const { return number_; }

 private:
  Channel& channel_;
  std::uint32_t number_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<Steady::rep> deadline_ = Steady::time_point::max().time_since_epoch().count();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t credit_ = wire::kInitialCredit;
  std::optional<duck::Connection> running_{};
};

// An answer in its final format, sent in pieces.
class DataWriter {
 public:
  explicit DataWriter(Request& request) : request_(request) {
    buffer_.reserve(2 * wire::kDataBytes);
  }
  [[nodiscard]] std::string& buffer() { return buffer_; }
  // After each row or so: sends when there is enough.
  base::Result<void> flush_if_full() {
    return buffer_.size() < wire::kDataBytes ? base::Result<void>{} : flush();
  }
  base::Result<void> flush();

 private:
  Request& request_;
  std::string buffer_;
};

}  // namespace worker
