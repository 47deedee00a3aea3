// One client's connection: reads requests, runs them through the pipeline and their handler, writes
// answers. Lives on one loop and deletes itself when it is closed and nothing of it is pending: a
// handler that still runs keeps it (and its Exchange) alive.
//
// Phases: `head` (between requests, or reading a head) → `body` (a buffered body is read) →
// `running` (a coroutine has the exchange) → `streaming` → `head` …; `lingering` after a refusal.
// Plain handlers run inside process() and never leave `head` as seen from outside; answers to
// pipelined requests gather in out_ and leave in one write.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/answer_head.hpp"
#include "http/body_decoder.hpp"
#include "http/loop_services.hpp"
#include "http/request_head.hpp"
#include "http/transport.hpp"

namespace http {

class Connection final : public Waiting, private TransportEvents, private BodyReader {
 public:
  // `peer`: the address without port.
  Connection(LoopServices& loop, std::unique_ptr<Transport> transport, std::string peer);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // These may delete the connection before they return.
  void start();
  // The server stops: ends now if idle, else after the answer; event streams are told.
  void drain();
  // Ends now; a running handler finishes into the void.
  void abort();
  void on_timeout();
  // The answers that were held back for LoopServices::unsent.
  void send_gathered();

 private:
  enum class Phase : std::uint8_t { opening, head, body, running, streaming, lingering };
  enum class BodyStep : std::uint8_t { piece, need_more, end, failed };
  // Keeps the connection from deleting itself while one of its functions is on the stack.
  class Hold;
  struct WriteWait;
  struct ReadWait;
  struct Turn;

  // connection.cpp: bytes in and out, phases, waits
  void on_opened(bool ok) override;
  void on_read(std::size_t bytes) override;
  void on_written(std::size_t bytes) override;
  void process();
  bool take_requests();
  bool take_request();
  [[nodiscard]] bool gather();
  void flush();
  void settle();
  void settle_head();
  void settle_busy();
  void read_input();
  void wait_for(Wait kind);
  void end_orderly();
  void close();
  [[nodiscard]] bool may_delete() const;

  // connection_exchange.cpp: one request, from its head to its answer
  void begin_exchange();
  void name_request();
  void route_request();
  void answer_without_route(std::string_view allow);
  void enter_pipeline();
  void after_gate(base::Result<Step> step);
  void call_handler();
  void call_plain(const PlainHandler& handler);
  base::Task<void> run_gate();
  base::Task<void> run_handler(const AsyncHandler& handler);
  void launch(base::Task<void> task);
  void finish(const base::Result<void>& result);
  void refuse(const Fault& fault);
  void log_internal(const base::Error& error);
  void answer();
  void answer_whole(Persistence persistence);
  [[nodiscard]] Persistence persistence();
  void report_and_reset();

  // connection_body.cpp: the body of a request
  void begin_body();
  void continue_body();
  BodyStep step_body(std::string_view& piece);
  void fail_body(base::ErrorCode code, std::string reason, std::string message, int status);
  void fail_body_too_large();
  void read_body_bytes();
  void take_leftover();
  void pass_over_body();
  base::Task<base::Result<std::string_view>> read() override;
  void abandon() override;

  // connection_stream.cpp: a streamed answer
  void begin_stream(Persistence persistence);
  base::Task<void> pump(bool chunked);
  void begin_tunnel();
  base::Task<bool> pump_pieces(BodySource& source, bool chunked);

  LoopServices& loop_;
  std::unique_ptr<Transport> transport_;
  const std::string peer_;

  Phase phase_ = Phase::opening;
  bool closed_ = false;        // the transport is closed
  bool close_after_ = false;   // no further request; close when out_ is sent
  bool linger_ = false;        // the client may still be sending: discard before closing
  bool input_ended_ = false;   // the client sent its last byte
  bool reading_ = false;       // start_read() is pending
  bool read_is_body_ = false;  // … into body_input_, else into input_
  bool writing_ = false;       // start_write() is pending
  bool unsent_ = false;        // in LoopServices::unsent
  bool opening_ = false;       // open() is pending
  bool running_ = false;       // a coroutine of ours has not ended
  bool processing_ = false;    // process() is on the stack
  bool first_request_ = true;
  bool asking_source_ = false;  // next() of the stream is pending
  int holds_ = 0;

  // Input: [input_begin_, input_end_) is unparsed. Never moved while a head is in use or a read is
  // pending.
  std::string input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::size_t looked_at_ = 0;  // bytes of an incomplete head that were parsed in vain

  std::string out_;      // answers not yet handed to the transport
  std::string sending_;  // what start_write() works on
  std::size_t sent_ = 0;

  RequestHead head_;
  Exchange exchange_;
  std::vector<std::string> path_values_;
  std::string request_id_;

  BodyDecoder decoder_;
  std::string_view raw_;  // received and not yet decoded: in input_, later in body_input_
  bool raw_in_input_ = true;
  std::string body_input_;  // only while a body that did not come with its head is read
  std::string body_;        // a buffered body that did not come whole with its head
  std::uint64_t body_bytes_ = 0;
  std::size_t body_limit_ = 0;
  bool body_abandoned_ = false;  // by the handler
  bool tunnel_ = false;          // after 101: bytes both ways, no requests any more
  bool continue_owed_ = false;   // 100 Continue is due before the first read
  std::optional<base::Error> body_error_;
  int body_error_status_ = 0;

  std::coroutine_handle<> write_waiter_;
  std::coroutine_handle<> read_waiter_;
  std::size_t linger_left_ = 0;
};

// Scope of an entry into a connection: from the loop, or from a coroutine that was resumed.
class Connection::Hold {
 public:
  explicit Hold(Connection& connection) : connection_(connection) { ++connection_.holds_; }
  ~Hold() {
    if (--connection_.holds_ == 0 && connection_.may_delete()) delete &connection_;
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Connection& connection_;
};

}  // namespace http
