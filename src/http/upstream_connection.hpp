// One connection to an upstream, on one loop. Used by one request at a time: a coroutine reads from
// it, another may write the request's body meanwhile. Between requests it lies in its pool with a
// read pending, which shows at once when the upstream closes it and costs no system call when the
// next answer comes.
//
// Deletes itself when it is closed, nobody holds it and nothing of it is pending.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "http/transport.hpp"

namespace http {

class UpstreamPool;

enum class UpstreamFailure : std::uint8_t {
  none,
  unreachable,  // no connection could be made
  timeout,      // silence for longer than allowed
  closed,       // it closed, or the connection broke
  cancelled,    // by cancel()
};

class UpstreamConnection final : private TransportEvents {
 public:
  explicit UpstreamConnection(UpstreamPool& pool);
  ~UpstreamConnection();
  UpstreamConnection(const UpstreamConnection&) = delete;
  UpstreamConnection& operator=(const UpstreamConnection&) = delete;

  // From the pool: how to give up connecting, and then: it is made, or could not be.
  void set_stop_opening(std::function<void()> stop) { stop_opening_ = std::move(stop); }
  void opened(std::unique_ptr<Transport> transport);
  void not_opened();

  [[nodiscard]] bool connecting() const { return transport_ == nullptr && !closed_; }
  [[nodiscard]] bool usable() const { return !closed_; }
  [[nodiscard]] bool reused() const { return reused_; }
  [[nodiscard]] UpstreamFailure failure() const { return failure_; }

  // Bytes received and not consumed; the view is valid until the next wait.
  [[nodiscard]] std::string_view received() const {
    return {input_.data() + begin_, end_ - begin_};
  }
  void consume(std::size_t bytes) { begin_ += bytes; }
  // No byte of an answer has come over this connection since it was taken.
  [[nodiscard]] bool silent() const { return silent_; }

  // co_await arrival(timeout): until bytes, the end of connecting, or a failure. One at a time.
  struct Arrival;
  [[nodiscard]] Arrival arrival(base::Millis timeout);

  // What is to be sent gathers here; co_await sent() until all of it is with the system or the
  // connection failed. One at a time.
  [[nodiscard]] std::string& out() { return out_; }
  struct Sent;
  [[nodiscard]] Sent sent();
  [[nodiscard]] bool try_flush();

  // There is progress elsewhere: a pending arrival() may take that long again.
  void extend(base::Millis timeout) {
    if (reader_) wait_until(timeout);
  }
  // Ends a pending arrival().
  void nudge() { wake(); }
  // Fails what waits, now. Safe at any time.
  void cancel() { fail(UpstreamFailure::cancelled); }

  // For the pool.
  void begin_use();
  void begin_idle(base::Millis timeout);
  void release();  // the request has no more use for it: closes
  [[nodiscard]] base::Instant deadline() const { return deadline_; }
  void on_deadline();
  std::size_t place_in_pool = 0;

 private:
  void on_opened(bool) override {}
  void on_read(std::size_t bytes) override;
  void on_written(std::size_t bytes) override;
  void read();
  void fail(UpstreamFailure failure);
  void wake();
  void wait_until(base::Millis timeout);
  void delete_if_done();

  UpstreamPool& pool_;
  std::unique_ptr<Transport> transport_;
  std::function<void()> stop_opening_;
  bool opening_ = true;
  bool closed_ = false;
  bool held_ = true;  // by a request or the pool
  bool idle_ = false;
  bool reused_ = false;
  bool silent_ = true;
  bool reading_ = false;
  bool writing_ = false;
  int on_stack_ = 0;
  UpstreamFailure failure_ = UpstreamFailure::none;
  base::Instant deadline_ = base::Instant::max();
  std::string input_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string out_;
  std::size_t sent_ = 0;
  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
};

struct UpstreamConnection::Arrival {
  UpstreamConnection& connection;
  base::Millis timeout;
  [[nodiscard]] bool await_ready() const { return connection.closed_; }
  void await_suspend(std::coroutine_handle<> waiter) const {
    connection.reader_ = waiter;
    connection.wait_until(timeout);
    connection.read();
  }
  void await_resume() const {}
};

// True when everything was sent.
struct UpstreamConnection::Sent {
  UpstreamConnection& connection;
  [[nodiscard]] bool await_ready() const { return connection.try_flush() || connection.closed_; }
  void await_suspend(std::coroutine_handle<> waiter) const { connection.writer_ = waiter; }
  [[nodiscard]] bool await_resume() const { return !connection.closed_; }
};

inline UpstreamConnection::Arrival UpstreamConnection::arrival(base::Millis timeout) {
  return {*this, timeout};
}
inline UpstreamConnection::Sent UpstreamConnection::sent() { return {*this}; }

}  // namespace http
