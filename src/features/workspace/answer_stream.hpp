// The bytes a worker writes, forwarded as they come. Lives on one HTTP loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "features/workspace/worker_call.hpp"
#include "http/exchange.hpp"

namespace workspace {

class AnswerStream final : public http::BodySource {
 public:
  // What a failed answer with a problem line at its end is to a parser of its format.
  enum class Unfinished : std::uint8_t { unreadable, readable };

  // `first`: the data or done frame that was awaited before the status was known. `permit` is held
  // as long as the stream lives.
  AnswerStream(WorkerCall call, wire::Frame first, std::shared_ptr<void> permit,
               Unfinished unfinished);

  // When the call failed, the last piece is a line with the problem document. JSON is then no JSON
  // any more, so its message ends as every other; of a format that would still look whole the
  // connection is cut (docs/adr/0013).
  base::Task<std::optional<std::string_view>> next() override;
  [[nodiscard]] bool complete() const override {
    return !failure_ || unfinished_ == Unfinished::unreadable;
  }
  // The problem document names the request.
  void name_request(std::string_view id) { request_id_ = id; }
  // Why the answer is not whole, after its end.
  [[nodiscard]] const std::optional<base::Error>& failure() const { return failure_; }
  void closed() override;

 private:
  std::string_view last_word(base::Error why);
  std::optional<std::string_view> show(wire::Frame frame);

  WorkerCall call_;
  std::optional<wire::Frame> first_;
  std::shared_ptr<void> permit_;
  Unfinished unfinished_;
  std::string piece_;
  std::string request_id_;
  bool ended_ = false;
  std::optional<base::Error> failure_;
};

}  // namespace workspace
