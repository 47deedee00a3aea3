#include "http/upstream_connection.hpp"

#include <utility>

#include "http/upstream_pool.hpp"

namespace http {
namespace {

constexpr std::size_t kFirstAnswerBytes = 16 * 1024;
constexpr std::size_t kMostAnswerBytes = 64 * 1024;
constexpr std::size_t kKeptRequestBytes = 16 * 1024;

}  // namespace

UpstreamConnection::UpstreamConnection(UpstreamPool& pool) : pool_(pool) { pool_.enter(*this); }

UpstreamConnection::~UpstreamConnection() { pool_.leave(*this); }

void UpstreamConnection::opened(std::unique_ptr<Transport> transport) {
  opening_ = false;
  transport_ = std::move(transport);
  transport_->attach(*this);
  if (closed_) {
    transport_->close();
    return delete_if_done();
  }
  wake();
}

void UpstreamConnection::not_opened() {
  opening_ = false;
  if (closed_) return delete_if_done();
  fail(UpstreamFailure::unreachable);
}

void UpstreamConnection::begin_use() {
  reused_ = idle_;
  idle_ = false;
  silent_ = true;
}

void UpstreamConnection::begin_idle(base::Millis timeout) {
  idle_ = true;
  wait_until(timeout);
  if (out_.capacity() > kKeptRequestBytes) std::string().swap(out_);
  read();
}

void UpstreamConnection::release() {
  held_ = false;
  if (!closed_) return fail(UpstreamFailure::cancelled);
  delete_if_done();
}

void UpstreamConnection::on_deadline() { fail(UpstreamFailure::timeout); }

void UpstreamConnection::wait_until(base::Millis timeout) { deadline_ = pool_.now() + timeout; }

void UpstreamConnection::read() {
  if (reading_ || closed_ || transport_ == nullptr) return;
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0) {
    input_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (input_.size() < kFirstAnswerBytes) input_.resize(kFirstAnswerBytes);
  // A full buffer: much is coming (or a head is large; its parser has the bound).
  if (end_ == input_.size()) input_.resize(input_.size() * 2);
  reading_ = true;
  transport_->start_read(std::span{input_}.subspan(end_));
}

void UpstreamConnection::on_read(std::size_t bytes) {
  reading_ = false;
  if (closed_) return delete_if_done();
  end_ += bytes;
  // Bytes that nobody asked for: it is out of step and must not answer another request.
  if (bytes == 0 || idle_) return fail(UpstreamFailure::closed);
  silent_ = false;
  if (end_ == input_.size() && input_.size() < kMostAnswerBytes && begin_ == 0)
    input_.resize(kMostAnswerBytes);
  wake();
}

bool UpstreamConnection::try_flush() {
  if (closed_ || writing_) return false;
  if (out_.empty()) return true;
  const auto written = transport_->try_write(out_);
  if (!written) {
    // It may have answered before it closed: what it said is still to be read.
    out_.clear();
    return true;
  }
  if (*written == out_.size()) {
    out_.clear();
    return true;
  }
  sent_ = *written;
  writing_ = true;
  transport_->start_write(std::string_view{out_}.substr(sent_));
  return false;
}

void UpstreamConnection::on_written(std::size_t bytes) {
  writing_ = false;
  if (closed_) return delete_if_done();
  sent_ += bytes;
  if (bytes > 0 && sent_ < out_.size()) {
    writing_ = true;
    return transport_->start_write(std::string_view{out_}.substr(sent_));
  }
  out_.clear();
  if (const auto writer = std::exchange(writer_, nullptr)) writer.resume();
}

void UpstreamConnection::fail(UpstreamFailure failure) {
  if (closed_) return;
  ++on_stack_;
  closed_ = true;
  failure_ = failure;
  if (transport_ != nullptr) transport_->close();
  if (opening_ && stop_opening_) stop_opening_();  // tells later, by not_opened()
  if (idle_) {
    held_ = false;
    pool_.forget_idle(*this);
  }
  --on_stack_;
  wake();
}

// Whoever is resumed may release the connection.
void UpstreamConnection::wake() {
  ++on_stack_;
  deadline_ = base::Instant::max();
  if (const auto reader = std::exchange(reader_, nullptr)) reader.resume();
  if (closed_)
    if (const auto writer = std::exchange(writer_, nullptr)) writer.resume();
  --on_stack_;
  delete_if_done();
}

void UpstreamConnection::delete_if_done() {
  if (closed_ && !held_ && !opening_ && !reading_ && !writing_ && on_stack_ == 0) delete this;
}

}  // namespace http
