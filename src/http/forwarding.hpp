// One request under way to an upstream: the state that the handler, the pump of its body, and the
// answer's source share. See forward.hpp for what it does. One loop's thread.
#pragma once

#include <memory>

#include "http/body_decoder.hpp"
#include "http/forward.hpp"
#include "http/upstream_pool.hpp"
#include "http/websocket_frames.hpp"

namespace http {

class Forwarding : public std::enable_shared_from_this<Forwarding> {
 public:
  Forwarding(Exchange& exchange, Upstream& upstream, const ForwardRules& rules, UpstreamPool& pool);

  // `self` keeps the state alive.
  static base::Task<ForwardEnd> run(std::shared_ptr<Forwarding> self);
  // For the answer's source.
  base::Task<std::optional<std::string_view>> next();
  void client_left();
  void go_away();
  [[nodiscard]] bool complete() const { return complete_; }
  // The exchange is over, or about to be: nothing of it is touched from here on.
  void end();

 private:
  enum class Framing : std::uint8_t { none, decoded, until_close };

  void read_request_framing();
  base::Task<bool> read_first_piece();
  base::Task<bool> connect();
  void send_request();
  static base::Task<void> pump(std::shared_ptr<Forwarding> self);
  void append_body(std::string_view piece);
  [[nodiscard]] bool may_repeat() const;
  [[nodiscard]] ForwardEnd why_no_answer() const;
  [[nodiscard]] std::optional<ForwardEnd> interrupted() const;
  void on_interrupt();
  // Takes a head out of what was received; nullopt: more is needed.
  std::optional<ForwardEnd> take_head();
  ForwardEnd begin_answer();
  ForwardEnd begin_tunnel();
  ForwardEnd take_whole();
  base::Task<ForwardEnd> finish_answer();
  void start_stream();
  // The next piece of what was received; empty: there is none.
  std::string_view take_piece();
  void note_event_end(std::string_view piece);
  std::optional<std::string_view> last_words();
  std::optional<std::string_view> upstream_ended();
  std::optional<std::string_view> finish(bool complete);

  Exchange* exchange_;  // null after end()
  Upstream& upstream_;
  const ForwardRules& rules_;
  UpstreamPool& pool_;
  BodyReader* reader_;
  std::shared_ptr<Interrupt> interrupt_;
  UpstreamConnection* connection_ = nullptr;

  // The request
  bool upgrade_ = false;
  bool chunked_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t body_left_ = 0;   // of a known length
  std::string_view first_piece_;  // valid until the next read
  bool body_done_ = true;
  bool reading_first_ = false;
  bool pumping_ = false;

  // The answer
  UpstreamHead head_;
  Framing framing_ = Framing::none;
  BodyDecoder decoder_;
  std::string gathered_;  // arrived with the head, or our last words
  bool has_gathered_ = false;
  bool relaying_ = false;
  bool tunnel_ = false;
  bool events_ = false;
  bool at_event_end_ = true;
  std::string tail_;  // last bytes of an event stream
  bool pump_started_ = false;
  bool going_away_ = false;
  FrameCursor frames_;
  bool said_last_words_ = false;
  bool complete_ = true;
  bool done_ = false;  // next() has nothing more
};

}  // namespace http
