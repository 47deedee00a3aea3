#include "features/workspace/worker_link.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "features/workspace/worker_errors.hpp"

namespace workspace {
namespace {

using wire::FrameType;

constexpr std::size_t kMaxQueuedOut = 16U << 20U;  // a worker that reads nothing is stuck
constexpr std::size_t kReadPerTurn = 512U << 10U;  // then the others have their turn

}  // namespace

WorkerLink::WorkerLink(WorkerProcess process, std::uint64_t serial, base::AccountId account)
    : process_(std::move(process)), serial_(serial), account_(account) {}

void WorkerLink::open(std::string_view payload, base::Instant ready_by) {
  wire::append_frame(out_, FrameType::open, 0, payload);
  limit_ = ready_by;
}

void WorkerLink::begin(std::shared_ptr<CallState> call, base::Instant now) {
  call->request = ++last_request_;
  call->credit_left = static_cast<std::int64_t>(wire::kInitialCredit);
  if (call->limits.timeout.count() > 0) call->deadline = now + call->limits.timeout;
  wire::append_frame(out_, call->type, call->request, call->payload);
  call->payload = {};
  calls_.emplace(call->request, std::move(call));
}

void WorkerLink::grant(const CallState& call, std::size_t bytes) {
  const auto found = calls_.find(call.request);
  if (found == calls_.end() || found->second.get() != &call || call.kill_at) return;
  found->second->credit_left += static_cast<std::int64_t>(bytes);
  wire::append_frame(out_, FrameType::credit, call.request,
                     wire::encode_credit(static_cast<std::uint32_t>(bytes)));
}

void WorkerLink::interrupt(CallState& call, base::Instant now) {
  if (call.kill_at || !calls_.contains(call.request)) return;
  call.kill_at = now + call.limits.cancel_grace;
  wire::append_frame(out_, FrameType::cancel, call.request, "{}");
}

base::Result<WorkerLink::Heard> WorkerLink::receive(base::Instant now) {
  std::array<char, 64 * 1024> bytes;  // NOLINT: filled by recv
  Heard heard;
  std::size_t taken = 0;
  while (taken < kReadPerTurn) {
    const auto got = ::recv(process_.socket(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return heard;
    if (got <= 0) {
      heard.hung_up = true;
      return heard;
    }
    taken += static_cast<std::size_t>(got);
    reader_.feed(std::string_view{bytes.data(), static_cast<std::size_t>(got)});
    for (;;) {
      wire::Frame frame;
      RL_TRY(const bool whole, reader_.next(frame));
      if (!whole) break;
      RL_TRY_VOID(handle(std::move(frame), heard, now));
    }
  }
  heard.more = true;
  return heard;
}

base::Result<void> WorkerLink::handle(wire::Frame frame, Heard& heard, base::Instant now) {
  if (frame.type == FrameType::ready) {
    if (state_ != LinkState::starting) return base::fail_internal("worker: ready twice");
    state_ = LinkState::ready;
    was_ready_ = true;
    limit_.reset();
    idle_since_ = now;
    heard.ready = std::move(frame.payload);
    return {};
  }
  const auto found = calls_.find(frame.request);
  if (found == calls_.end()) return base::fail_internal("worker: a frame for no request");
  const bool last = frame.type == FrameType::done || frame.type == FrameType::failed;
  const auto call = found->second;
  if (last) calls_.erase(found);
  idle_since_ = now;
  return answer(*call, std::move(frame));
}

base::Result<void> WorkerLink::answer(CallState& call, wire::Frame frame) {
  switch (frame.type) {
    case FrameType::data:
      call.credit_left -= static_cast<std::int64_t>(frame.payload.size());
      if (call.credit_left < 0) return base::fail_internal("worker: more data than credit");
      [[fallthrough]];
    case FrameType::progress:
    case FrameType::head:
      call.queue.push(std::move(frame));
      return {};
    case FrameType::done:
      call.queue.push(std::move(frame));
      call.queue.end(std::nullopt);
      return {};
    case FrameType::failed:
      call.queue.end(user_error(wire::decode_error(frame.payload), call.type));
      return {};
    case FrameType::open:
    case FrameType::import:
    case FrameType::rows:
    case FrameType::bars:
    case FrameType::query:
    case FrameType::drop:
    case FrameType::catalogue:
    case FrameType::cancel:
    case FrameType::credit:
    case FrameType::ready:
      break;
  }
  return base::fail_internal("worker: a frame that only the server sends");
}

base::Result<bool> WorkerLink::flush() {
  while (sent_ < out_.size()) {
    const auto wrote = ::send(process_.socket(), out_.data() + sent_, out_.size() - sent_,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) {
      if (out_.size() - sent_ > kMaxQueuedOut)
        return base::fail_internal("worker: reads nothing any more");
      return false;
    }
    if (wrote < 0) break;  // it is gone: reading will say so
    sent_ += static_cast<std::size_t>(wrote);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

bool WorkerLink::overdue(base::Instant now) {
  if (limit_ && *limit_ <= now) return true;
  bool kill = false;
  for (const auto& [request, call] : calls_) {
    if (call->kill_at) {
      kill = kill || *call->kill_at <= now;
    } else if (call->deadline && *call->deadline <= now) {
      call->queue.end(timeout_error(*call));
      interrupt(*call, now);
    }
  }
  return kill;
}

std::optional<base::Instant> WorkerLink::next_deadline() const {
  std::optional<base::Instant> next = limit_;
  for (const auto& [request, call] : calls_) {
    const auto due = call->kill_at ? call->kill_at : call->deadline;
    if (due) next = next ? std::min(*next, *due) : *due;
  }
  return next;
}

void WorkerLink::expect_end(base::Instant kill_at) {
  state_ = LinkState::ending;
  limit_ = kill_at;
}

void WorkerLink::end_gently(base::Instant kill_at) {
  expect_end(kill_at);
  asked_to_end_ = true;
  process_.hang_up();
}

void WorkerLink::end_by_force() {
  state_ = LinkState::ending;
  asked_to_end_ = true;
  limit_.reset();
  process_.kill();
}

void WorkerLink::fail_calls(const base::Error& why) {
  for (const auto& [request, call] : calls_) call->queue.end(why);
  calls_.clear();
}

void WorkerLink::fail_cuttable(const base::Error& why, base::Instant now) {
  for (const auto& [request, call] : calls_) {
    if (!call->limits.cuttable) continue;
    call->queue.end(why);
    interrupt(*call, now);
  }
}

}  // namespace workspace
