#include <algorithm>
#include <utility>

#include "http/connection.hpp"

namespace http {
namespace {

constexpr std::size_t kBodyReadBytes = 64 * 1024;
// WebSockets are many and mostly idle.
constexpr std::size_t kTunnelReadBytes = 8 * 1024;

}  // namespace

struct Connection::ReadWait {
  Connection& connection;
  [[nodiscard]] bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) const {
    connection.read_waiter_ = waiter;
    connection.read_body_bytes();
  }
  void await_resume() const {}
};

void Connection::begin_body() {
  if (head_.chunked)
    decoder_.start_chunked();
  else
    decoder_.start_length(head_.content_length.value_or(0));
  raw_ = {input_.data() + input_begin_, input_end_ - input_begin_};
  raw_in_input_ = true;
  body_bytes_ = 0;
  body_abandoned_ = false;
  continue_owed_ = head_.expects_continue && raw_.empty();
}

// The next piece of the body from what has arrived.
Connection::BodyStep Connection::step_body(std::string_view& piece) {
  if (body_error_) return BodyStep::failed;
  do {
    piece = decoder_.take(raw_);
    if (decoder_.state() == BodyDecoder::State::broken) {
      fail_body(base::ErrorCode::malformed, "malformed_body",
                "The chunks of the body are not valid HTTP.", 400);
      return BodyStep::failed;
    }
    body_bytes_ += piece.size();
    if (body_bytes_ > body_limit_) {
      fail_body_too_large();
      return BodyStep::failed;
    }
    if (!piece.empty()) return BodyStep::piece;
  } while (!raw_.empty() && decoder_.state() == BodyDecoder::State::more);
  return decoder_.state() == BodyDecoder::State::done ? BodyStep::end : BodyStep::need_more;
}

void Connection::fail_body(base::ErrorCode code, std::string reason, std::string message,
                           int status) {
  body_error_ = base::Error{code, std::move(reason), std::move(message)};
  body_error_status_ = status;
}

void Connection::fail_body_too_large() {
  fail_body(
      base::ErrorCode::too_large, "too_large",
      "The body is larger than the " + std::to_string(body_limit_) + " bytes this address takes.",
      413);
}

// A buffered body, in phase `body`: on to the handler when it is whole, else to the next read.
void Connection::continue_body() {
  if (!decoder_.chunked() && body_bytes_ == 0 && raw_in_input_ &&
      decoder_.known_left() <= raw_.size()) {
    exchange_.request.body = decoder_.take(raw_);  // came with its head: no copy
    return call_handler();
  }
  if (body_bytes_ == 0) body_.clear();
  for (;;) {
    std::string_view piece;
    switch (step_body(piece)) {
      case BodyStep::piece:
        body_.append(piece);
        break;
      case BodyStep::failed:
        return finish({});
      case BodyStep::end:
        exchange_.request.body = body_;
        return call_handler();
      case BodyStep::need_more:
        if (input_ended_) return close();
        return;
    }
  }
}

void Connection::read_body_bytes() {
  if (std::exchange(continue_owed_, false)) {
    out_.append("HTTP/1.1 100 Continue\r\n\r\n");
    flush();
  }
  if (closed_) return;
  wait_for(tunnel_ ? Wait::nothing : Wait::body);
  if (reading_) return;  // begun when the handler before this one worked
  // A known length is never read past: the next request stays where requests are parsed.
  const std::uint64_t wanted = decoder_.chunked() ? kBodyReadBytes : decoder_.known_left();
  const std::size_t most = tunnel_ ? kTunnelReadBytes : kBodyReadBytes;
  body_input_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, most)));
  reading_ = true;
  read_is_body_ = true;
  transport_->start_read(body_input_);
}

base::Task<base::Result<std::string_view>> Connection::read() {
  for (;;) {
    std::string_view piece;
    switch (step_body(piece)) {
      case BodyStep::piece:
        co_return piece;
      case BodyStep::end:
        co_return std::string_view{};
      case BodyStep::failed:
        co_return std::unexpected(*body_error_);
      case BodyStep::need_more:
        break;
    }
    if (closed_ || input_ended_)
      fail_body(base::ErrorCode::malformed, "body_cut_off", "The body ended too early.", 400);
    else
      co_await ReadWait{*this};
  }
}

void Connection::abandon() {
  if (body_error_) return;
  fail_body(base::ErrorCode::malformed, "body_abandoned", "The body was not needed.", 400);
  body_abandoned_ = true;
  // A pending read of the socket goes on and is discarded while lingering.
  if (auto waiter = std::exchange(read_waiter_, nullptr)) waiter.resume();
}

// What the handler left of the body: a small rest that has arrived is passed over, else the
// connection cannot go on.
void Connection::pass_over_body() {
  while (!body_error_ && decoder_.state() == BodyDecoder::State::more && !raw_.empty())
    static_cast<void>(decoder_.take(raw_));
  if (!body_error_ && decoder_.state() == BodyDecoder::State::done) return;
  close_after_ = true;
  linger_ = true;
}

// What follows the body is the next request: back to where heads are parsed.
void Connection::take_leftover() {
  if (raw_in_input_) {
    input_begin_ = static_cast<std::size_t>(raw_.data() - input_.data());
  } else if (!reading_) {
    // Everything in the input was head and body.
    if (input_.size() < raw_.size()) input_.resize(raw_.size());
    raw_.copy(input_.data(), raw_.size());
    input_begin_ = 0;
    input_end_ = raw_.size();
    std::string().swap(body_input_);
  }
  raw_ = {};
  raw_in_input_ = true;
  if (body_.capacity() > kBodyReadBytes) std::string().swap(body_);
}

}  // namespace http
