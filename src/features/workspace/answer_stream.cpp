#include "features/workspace/answer_stream.hpp"

#include <utility>

#include "features/workspace/worker_errors.hpp"
#include "http/problem.hpp"

namespace workspace {

AnswerStream::AnswerStream(WorkerCall call, wire::Frame first, std::shared_ptr<void> permit,
                           Unfinished unfinished)
    : call_(std::move(call)),
      first_(std::move(first)),
      permit_(std::move(permit)),
      unfinished_(unfinished) {}

base::Task<std::optional<std::string_view>> AnswerStream::next() {
  if (ended_) co_return std::nullopt;
  if (first_) {
    auto frame = std::move(*first_);
    first_.reset();
    co_return show(std::move(frame));
  }
  for (;;) {
    auto frame = co_await call_.next();
    if (!frame) co_return last_word(std::move(frame.error()));
    const bool tells = frame->type == wire::FrameType::data || frame->type == wire::FrameType::done;
    if (tells) co_return show(std::move(*frame));
  }
}

std::string_view AnswerStream::last_word(base::Error why) {
  ended_ = true;
  piece_ = "\n";
  http::append_problem(piece_, why, http::status_of(why.code), request_id_);
  piece_ += '\n';
  failure_ = std::move(why);
  return piece_;
}

void AnswerStream::closed() { call_.cancel(cancelled_error()); }

std::optional<std::string_view> AnswerStream::show(wire::Frame frame) {
  ended_ = frame.type == wire::FrameType::done;
  if (ended_) return std::nullopt;
  piece_ = std::move(frame.payload);
  return piece_;
}

}  // namespace workspace
