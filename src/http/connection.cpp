#include "http/connection.hpp"

#include <algorithm>
#include <utility>

namespace http {
namespace {

constexpr std::size_t kFirstInputBytes = 4'096;
constexpr std::size_t kKeptInputBytes = 32 * 1024;
// Answers to pipelined requests are sent when they have grown to this.
constexpr std::size_t kBatchBytes = 64 * 1024;
// Output buffers that had to grow beyond this give their memory back.
constexpr std::size_t kKeptOutputBytes = 64 * 1024;
// After a refusal the client may finish sending this much, so that it gets to read the answer: many
// clients send all first. Two seconds (loop.cpp) bound it too.
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024;

void give_back(std::string& buffer) {
  if (buffer.capacity() > kKeptOutputBytes)
    std::string().swap(buffer);
  else
    buffer.clear();
}

}  // namespace

Connection::Connection(LoopServices& loop, std::unique_ptr<Transport> transport, std::string peer)
    : loop_(loop), transport_(std::move(transport)), peer_(std::move(peer)) {
  input_.resize(kFirstInputBytes);
  ++loop_.connections;
  loop_.waits.insert(*this, Wait::head, loop_.shared.clock.now());
  transport_->attach(*this);
}

Connection::~Connection() {
  WaitLists::remove(*this);
  --loop_.connections;
  loop_.shared.connections_open.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::start() {
  const Hold hold(*this);
  if (!transport_->open()) {
    opening_ = true;
    return;
  }
  phase_ = Phase::head;
  settle();
}

void Connection::on_opened(bool ok) {
  const Hold hold(*this);
  opening_ = false;
  if (!ok || closed_) return close();
  phase_ = Phase::head;
  settle();
}

void Connection::on_read(std::size_t bytes) {
  const Hold hold(*this);
  reading_ = false;
  if (closed_) {
    if (auto waiter = std::exchange(read_waiter_, nullptr)) waiter.resume();
    return;
  }
  if (bytes == 0) {
    input_ended_ = true;
    // A client that only stopped sending still gets its answer; one that left a stream is gone.
    if (phase_ == Phase::lingering) return close();
    if (phase_ == Phase::streaming) {
      close();
      if (auto waiter = std::exchange(read_waiter_, nullptr)) waiter.resume();
      return;
    }
    if (phase_ == Phase::running && exchange_.interrupt && !read_waiter_) {
      exchange_.interrupt->client_left = true;
      exchange_.interrupt->notify();
      return;
    }
  } else if (phase_ == Phase::lingering) {
    linger_left_ -= std::min(linger_left_, bytes);
  } else if (read_is_body_) {
    raw_ = std::string_view{body_input_}.substr(0, bytes);
    raw_in_input_ = false;
  } else {
    input_end_ += bytes;
    // This read began before it was known that a body follows.
    if (phase_ != Phase::head && raw_in_input_) raw_ = {raw_.data(), raw_.size() + bytes};
  }
  if (auto waiter = std::exchange(read_waiter_, nullptr)) {
    wait_for(Wait::nothing);
    waiter.resume();
    return;
  }
  if (phase_ == Phase::body) continue_body();
  process();
}

void Connection::process() {
  if (processing_ || closed_) return;  // the call on the stack goes on
  processing_ = true;
  bool more = true;
  while (more) {
    more = take_requests();
    if (!gather()) flush();
    more = more && !writing_ && !closed_;
  }
  processing_ = false;
  settle();
}

// True when it stopped only to send what has gathered.
bool Connection::take_requests() {
  while (phase_ == Phase::head && !close_after_ && !writing_ && !closed_) {
    if (out_.size() >= kBatchBytes) return true;
    if (!take_request()) return false;
  }
  return false;
}

bool Connection::take_request() {
  const std::string_view unparsed{input_.data() + input_begin_, input_end_ - input_begin_};
  if (unparsed.empty()) return false;
  // A head that drips in is parsed again only when a line was completed.
  if (looked_at_ > 0 && unparsed.find('\n', looked_at_) == std::string_view::npos &&
      unparsed.size() < loop_.shared.head_limits.max_bytes) {
    looked_at_ = unparsed.size();
    return false;
  }
  const HeadResult result = parse_head(unparsed, loop_.shared.head_limits, head_);
  switch (result.state) {
    case HeadState::incomplete:
      looked_at_ = unparsed.size();
      return false;
    case HeadState::refused:
      loop_.parse_errors_total.increment();
      refuse(*result.fault);
      return false;
    case HeadState::complete:
      break;
  }
  looked_at_ = 0;
  begin_exchange();
  return true;
}

// True when out_ leaves with the answers of others; never what the connection ends with.
bool Connection::gather() {
  if (!loop_.gathering || loop_.draining || phase_ != Phase::head || close_after_ || input_ended_ ||
      out_.empty() || out_.size() >= kBatchBytes)
    return false;
  if (!std::exchange(unsent_, true)) loop_.unsent.push_back(this);
  return true;
}

void Connection::send_gathered() {
  const Hold hold(*this);
  unsent_ = false;
  flush();
}

void Connection::flush() {
  if (closed_) return out_.clear();
  if (writing_ || out_.empty()) return;
  const auto written = transport_->try_write(out_);
  if (!written) return close();
  if (*written == out_.size()) return give_back(out_);
  std::swap(out_, sending_);
  sent_ = *written;
  writing_ = true;
  transport_->start_write(std::string_view{sending_}.substr(sent_));
  wait_for(Wait::write);
}

void Connection::on_written(std::size_t bytes) {
  const Hold hold(*this);
  writing_ = false;
  if (bytes == 0 || closed_) {
    close();
  } else {
    sent_ += bytes;
    if (sent_ < sending_.size()) {
      writing_ = true;
      transport_->start_write(std::string_view{sending_}.substr(sent_));
      return wait_for(Wait::write);
    }
    give_back(sending_);
    sent_ = 0;
    flush();
    if (writing_) return;
  }
  if (auto waiter = std::exchange(write_waiter_, nullptr))
    waiter.resume();
  else
    process();
}

// Decides what the connection does and waits for next; every way back to the loop ends here.
void Connection::settle() {
  if (closed_) return;
  switch (phase_) {
    case Phase::opening:
      return;
    case Phase::head:
      return settle_head();
    case Phase::body:
      return writing_ ? wait_for(Wait::write) : read_body_bytes();
    case Phase::running:
    case Phase::streaming:
      return settle_busy();
    case Phase::lingering:
      if (linger_left_ == 0 || input_ended_) return close();
      return read_input();
  }
}

void Connection::settle_head() {
  if (writing_) return wait_for(Wait::write);
  if (close_after_) return end_orderly();
  if (input_ended_) return close();
  const bool partial = input_begin_ != input_end_;
  if (!partial && loop_.draining) return close();
  if (partial || first_request_) {
    // Counted from the first byte: more bytes do not buy more time.
    if (WaitLists::kind_of(*this) != Wait::head) wait_for(Wait::head);
  } else {
    loop_.waits.move(*this, Wait::idle, exchange_.finished);
  }
  read_input();
}

// While a handler works, reading shows whether the client is still there. Not into the body.
void Connection::settle_busy() {
  if (read_waiter_ && !writing_ && !tunnel_) return wait_for(Wait::body);
  wait_for(writing_ ? Wait::write : Wait::nothing);
  if (decoder_.state() == BodyDecoder::State::done && raw_in_input_) read_input();
}

void Connection::read_input() {
  if (reading_ || input_ended_ || closed_) return;
  if (phase_ == Phase::lingering) input_begin_ = input_end_ = 0;
  if (phase_ == Phase::head) {
    // Only here is no view into the input alive.
    if (input_begin_ == input_end_) {
      input_begin_ = input_end_ = 0;
      if (input_.size() > kKeptInputBytes) {
        input_.resize(kFirstInputBytes);
        input_.shrink_to_fit();
      }
    }
    if (input_end_ == input_.size()) {
      if (input_begin_ > 0) {
        input_.erase(0, input_begin_);
        input_.resize(input_.size() + input_begin_);
        input_end_ -= input_begin_;
        input_begin_ = 0;
      } else {
        input_.resize(input_.size() * 2);
      }
    }
  }
  if (input_end_ == input_.size()) return;
  reading_ = true;
  read_is_body_ = false;
  transport_->start_read(std::span{input_}.subspan(input_end_));
}

void Connection::wait_for(Wait kind) { loop_.waits.move(*this, kind, loop_.shared.clock.now()); }

void Connection::end_orderly() {
  if (!linger_ && input_begin_ == input_end_) return close();
  transport_->finish_writing();
  phase_ = Phase::lingering;
  linger_left_ = kLingerBytes;
  wait_for(Wait::linger);
  settle();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  out_.clear();
  loop_.waits.move(*this, Wait::nothing, loop_.shared.clock.now());
  transport_->close();
  if (asking_source_) exchange_.response.stream->closed();
  // Pending reads and writes report as broken and resume who waits for them.
}

bool Connection::may_delete() const {
  return closed_ && !reading_ && !writing_ && !opening_ && !running_ && !unsent_;
}

void Connection::drain() {
  const Hold hold(*this);
  if (phase_ == Phase::streaming && exchange_.response.stream)
    exchange_.response.stream->draining();
  if (phase_ == Phase::head && !processing_) settle();
}

void Connection::abort() {
  const Hold hold(*this);
  close();
}

void Connection::on_timeout() {
  const Hold hold(*this);
  constexpr Fault kSlowHead{408, "request_timeout", "The request took too long to arrive."};
  switch (WaitLists::kind_of(*this)) {
    case Wait::head:
      if (phase_ == Phase::opening || input_begin_ == input_end_) return close();
      loop_.parse_errors_total.increment();
      refuse(kSlowHead);
      return process();
    case Wait::body:
      fail_body(base::ErrorCode::malformed, "request_timeout", "The body took too long to arrive.",
                408);
      wait_for(Wait::nothing);
      if (phase_ == Phase::body) {
        finish({});
        return process();
      }
      // The pending read goes on and is discarded while lingering.
      if (auto waiter = std::exchange(read_waiter_, nullptr)) waiter.resume();
      return;
    case Wait::nothing:
      return;
    case Wait::idle:
    case Wait::write:
    case Wait::linger:
      return close();
  }
}

}  // namespace http
