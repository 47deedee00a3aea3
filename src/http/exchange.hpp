// One request and its answer, as a handler sees them. Free of Asio: features include this and
// router.hpp only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "http/caller.hpp"

namespace http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
[[nodiscard]] std::string_view method_name(Method method);

struct HeaderView {
  std::string_view name;   // as sent; compare without case
  std::string_view value;  // trimmed
};

// Views into the connection's input buffer: valid until the exchange ends.
struct Request {
  Method method = Method::get;
  std::string_view target;  // as sent: path and query
  std::string_view path;    // as sent, percent-encoded, without query
  std::string_view query;   // without '?'
  std::span<const HeaderView> headers;
  std::string_view body;          // whole body of a buffered route; empty for a streamed one
  std::string_view peer_address;  // after trusted proxies; no port, no brackets
  bool secure = false;            // TLS here or at a trusted proxy
  bool keep_alive = true;
  base::Instant arrived;  // read once; the pipeline's `now`
  std::string_view request_id;

  // First header of that name (case-insensitive); nullopt when absent.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  [[nodiscard]] std::size_t header_count(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const;
  // Percent-decoded value of the first such query parameter.
  [[nodiscard]] std::optional<std::string> query_value(std::string_view name) const;
};

// Streamed request body (routes with BodyMode::streamed). An empty view is the end; too long, too
// slow and cut-off bodies are errors to pass on unchanged. The view is valid until the next read().
// Only on the loop; one read() at a time. The client is asked for more only by read().
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  virtual base::Task<base::Result<std::string_view>> read() = 0;
  // The handler needs no more of it: a pending read() ends with an error, which is not the client's
  // fault and not rendered. The connection closes after the answer.
  virtual void abandon() {}
};

// Streamed answer. next() gives the next piece (valid until the following call); nullopt is the
// end; an error cuts the connection. The connection asks only when the client has taken the piece
// before: back-pressure. Destroyed on the loop when the client leaves or the answer is complete;
// closed() may be called before, from the loop, while a next() is pending: make that next() return
// soon.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual base::Task<std::optional<std::string_view>> next() = 0;
  virtual void closed() {}
  // The server is stopping: a stream without an end of its own (events) ends soon after this.
  virtual void draining() {}
  // Asked after the end: false cuts the connection, so that the client sees that something is
  // missing.
  [[nodiscard]] virtual bool complete() const { return true; }
};

struct Response {
  int status = 200;
  std::string_view content_type =
      "application/json";  // a literal, or text that outlives the exchange
  std::string body;        // reused between exchanges: append to it
  // "Name: value\r\n" lines, reused between exchanges; see header(). Date, Content-Type,
  // Content-Length, Transfer-Encoding, Connection and X-Request-Id are the server's.
  std::string headers;
  std::string_view fixed_headers;  // the same, made once (security headers); outlives the exchange
  std::unique_ptr<BodySource> stream;  // when set, `body` is ignored; sent chunked
  // Content-Length when `body` does not say it: of a stream, which is then not chunked, and of the
  // answer to HEAD.
  std::optional<std::uint64_t> length;
  bool omit_length = false;    // an answer to HEAD whose length is not known
  bool from_upstream = false;  // another server's answer: its own security headers, no Content-Type
  // Adds a line; control characters in `value` are left out, so no value can add a header.
  void header(std::string_view name, std::string_view value);
  // Value of the first such line of `headers`, without case.
  [[nodiscard]] std::optional<std::string_view> find_header(std::string_view name) const;
  // Back to 200 without body and headers; keeps the memory.
  void reset();
};

struct Route;

// What the pipeline remembers of an exchange between its steps; the server only resets it.
struct PipelineNotes {
  bool metered = false;           // admitted to a metered route
  bool signed_out = false;        // by the handler: the caller says that the work is over
  std::uint64_t stream = 0;       // serial of the meter's stream; 0: none
  std::int64_t remaining_ms = 0;  // of the balance, at admission
  base::RunId run;
  std::size_t watched = 0;       // place in the list of open streams; 0: not in it
  std::string_view limit_lines;  // RateLimit-Policy, and RateLimit up to its numbers; empty: none
  std::int64_t limit_remaining = 0;
  std::int64_t limit_reset_seconds = 0;
};

// Ends a handler that waits, from outside: the pipeline when the time ran out, the connection when
// the client left. On the exchange's loop only. Shared, because the meter's signal may come after
// the exchange: then nobody listens.
struct Interrupt {
  std::move_only_function<void()> listener;  // the handler's, while it can stop early
  std::optional<base::Error> cut;            // why the pipeline ended it
  bool client_left = false;
  void notify() {
    if (listener) listener();
  }
};

struct Exchange {
  Request request;
  Response response;
  Caller caller;  // filled by the pipeline
  const Route* route = nullptr;
  std::span<const std::string>
      path_values;                    // {placeholders} of the pattern, percent-decoded, in order
  BodyReader* body_reader = nullptr;  // streamed routes only
  base::Executor* loop = nullptr;
  base::Instant finished;  // set by the server before Pipeline::after
  std::uint64_t bytes_out = 0;
  PipelineNotes notes;
  std::shared_ptr<Interrupt> interrupt;  // made when somebody asks for it
  [[nodiscard]] const std::shared_ptr<Interrupt>& interruptible();
  void forget_interrupt();
};

}  // namespace http
