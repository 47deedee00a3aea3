#include <limits>
#include <utility>

#include "http/connection.hpp"

namespace http {
namespace {

// Pieces after which a stream that never has to wait lets others have their turn.
constexpr int kPiecesPerTurn = 16;

}  // namespace

struct Connection::WriteWait {
  Connection& connection;
  [[nodiscard]] bool await_ready() const { return !connection.writing_; }
  void await_suspend(std::coroutine_handle<> waiter) const { connection.write_waiter_ = waiter; }
  void await_resume() const {}
};

struct Connection::Turn {
  base::Executor& executor;
  [[nodiscard]] bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) const {
    executor.post([waiter] { waiter.resume(); });
  }
  void await_resume() const {}
};

void Connection::begin_stream(Persistence keep) {
  const bool known = exchange_.response.length.has_value();
  const bool tunnel = exchange_.response.status == 101;
  const bool chunked = head_.http11 && !known && !tunnel;
  if (!chunked && !known) {
    keep = tunnel ? Persistence::implied : Persistence::close;
    close_after_ = true;
  }
  const std::size_t before = out_.size();
  append_answer_head(out_, exchange_, loop_.date_line(exchange_.request.arrived),
                     tunnel    ? Framing::none
                     : known   ? Framing::length
                     : chunked ? Framing::chunked
                               : Framing::until_close,
                     keep);
  exchange_.bytes_out = out_.size() - before;
  if (exchange_.request.method == Method::head) {
    pass_over_body();
    return report_and_reset();
  }
  if (tunnel) begin_tunnel();
  launch(pump(chunked));
}

// From here on what the client sends is a body without an end, and what it gets has no framing.
void Connection::begin_tunnel() {
  tunnel_ = true;
  decoder_.start_length(std::numeric_limits<std::uint64_t>::max());
  raw_ = {input_.data() + input_begin_, input_end_ - input_begin_};
  raw_in_input_ = true;
  body_bytes_ = 0;
  body_limit_ = std::numeric_limits<std::size_t>::max();
}

base::Task<void> Connection::pump(bool chunked) {
  phase_ = Phase::streaming;
  if (loop_.draining) exchange_.response.stream->draining();
  bool complete = false;
  try {
    complete = co_await pump_pieces(*exchange_.response.stream, chunked);
  } catch (const std::exception& broken) {
    loop_.shared.log.error("stream_failed", {{"request_id", exchange_.request.request_id},
                                             {"path", exchange_.request.path},
                                             {"detail", std::string_view{broken.what()}}});
  }
  const Hold hold(*this);
  asking_source_ = false;
  exchange_.response.stream.reset();
  if (!complete) close();  // a missing last chunk tells the client that something is missing
  running_ = false;
  pass_over_body();
  report_and_reset();
  process();
}

// True when the source came to its end and the client took everything so far.
base::Task<bool> Connection::pump_pieces(BodySource& source, bool chunked) {
  for (int pieces = 1;; ++pieces) {
    flush();
    settle();
    co_await WriteWait{*this};
    if (closed_) co_return false;
    asking_source_ = true;
    const std::optional<std::string_view> piece = co_await source.next();
    asking_source_ = false;
    if (closed_) co_return false;
    if (!piece) {
      if (!source.complete()) co_return false;
      break;
    }
    if (piece->empty()) continue;
    const std::size_t before = out_.size();
    if (chunked)
      append_chunk(out_, *piece);
    else
      out_.append(*piece);
    exchange_.bytes_out += out_.size() - before;
    if (pieces % kPiecesPerTurn == 0) co_await Turn{loop_.executor};
  }
  if (chunked) {
    out_.append(kLastChunk);
    exchange_.bytes_out += kLastChunk.size();
  }
  co_return true;
}

}  // namespace http
