#include <utility>

#include "http/forwarding.hpp"
#include "http/problem.hpp"
#include "http/status.hpp"
#include "http/text.hpp"

namespace http {
namespace {

// An answer of a known length up to this is waited for, to leave in one write with its head.
constexpr std::uint64_t kWholeBytes = 16 * 1024;
// How long the rest of a WebSocket frame may take before a close frame follows it.
constexpr base::Millis kRestOfFrame{200};
constexpr std::uint16_t kCloseGoingAway = 1001;
constexpr int kCloseByStatus = 4000;  // 4401: signed out or expired; 4402: pay first
constexpr std::uint16_t kCloseUpstreamClosed = 4502;
constexpr std::uint16_t kCloseUpstreamTimeout = 4504;

std::uint16_t close_code(const base::Error& cut) {
  return static_cast<std::uint16_t>(kCloseByStatus + status_of(cut.code));
}

class RelaySource final : public BodySource {
 public:
  explicit RelaySource(std::shared_ptr<Forwarding> forwarding)
      : forwarding_(std::move(forwarding)) {}
  ~RelaySource() override { forwarding_->end(); }
  base::Task<std::optional<std::string_view>> next() override { return forwarding_->next(); }
  void closed() override { forwarding_->client_left(); }
  void draining() override { forwarding_->go_away(); }
  [[nodiscard]] bool complete() const override { return forwarding_->complete(); }

 private:
  std::shared_ptr<Forwarding> forwarding_;
};

}  // namespace

std::optional<ForwardEnd> Forwarding::take_head() {
  while (!connection_->received().empty()) {
    switch (parse_upstream_head(connection_->received(), head_)) {
      case UpstreamHeadState::malformed:
        return ForwardEnd::malformed;
      case UpstreamHeadState::incomplete:
        return std::nullopt;
      case UpstreamHeadState::complete:
        break;
    }
    if (head_.status >= 200) return ForwardEnd::answered;
    if (head_.status == 101) {
      const auto protocol = head_.header("upgrade").value_or("");
      return upgrade_ && equals_ignoring_case(protocol, "websocket") ? ForwardEnd::answered
                                                                     : ForwardEnd::malformed;
    }
    connection_->consume(head_.bytes);  // 100 and 103 are for this hop
  }
  return std::nullopt;
}

ForwardEnd Forwarding::begin_answer() {
  Response& response = exchange_->response;
  response.status = head_.status;
  response.content_type = {};
  response.from_upstream = true;
  rules_.append_answer_headers(response.headers, *exchange_, head_);
  connection_->consume(head_.bytes);
  if (head_.status == 101) return begin_tunnel();
  const bool asked_head = exchange_->request.method == Method::head;
  if (asked_head || !status_has_body(head_.status)) {
    if (asked_head) response.length = head_.content_length;
    response.omit_length = !response.length;
    done_ = true;
    end();
    return ForwardEnd::answered;
  }
  events_ = head_.header("content-type").value_or("").starts_with("text/event-stream") &&
            !head_.header("content-encoding");
  if (!head_.chunked && !head_.content_length) {
    framing_ = Framing::until_close;
    start_stream();
    return ForwardEnd::answered;
  }
  framing_ = Framing::decoded;
  if (head_.chunked)
    decoder_.start_chunked();
  else
    decoder_.start_length(*head_.content_length);
  return take_whole();
}

// The answer when it is all there, else the beginning of a stream or of a wait for the rest.
ForwardEnd Forwarding::take_whole() {
  for (auto piece = take_piece(); !piece.empty(); piece = take_piece())
    exchange_->response.body.append(piece);
  if (decoder_.state() == BodyDecoder::State::more) {
    if (head_.content_length.value_or(kWholeBytes + 1) > kWholeBytes) start_stream();
    return ForwardEnd::answered;
  }
  done_ = decoder_.state() == BodyDecoder::State::done;
  const auto end_of_it = done_ ? ForwardEnd::answered : ForwardEnd::malformed;
  end();
  return end_of_it;
}

base::Task<ForwardEnd> Forwarding::finish_answer() {
  while (connection_->usable() && !interrupted()) {
    co_await connection_->arrival(upstream_.options().idle_timeout);
    const auto so_far = take_whole();
    if (exchange_ == nullptr) co_return so_far;
  }
  const auto why = why_no_answer();
  end();
  co_return why;
}

ForwardEnd Forwarding::begin_tunnel() {
  exchange_->response.headers.append("Upgrade: websocket\r\nConnection: Upgrade\r\n");
  framing_ = Framing::until_close;
  tunnel_ = true;
  length_.reset();
  body_done_ = false;
  start_stream();
  return ForwardEnd::answered;
}

void Forwarding::start_stream() {
  relaying_ = true;
  Response& response = exchange_->response;
  response.length = head_.content_length;
  gathered_ = std::exchange(response.body, {});
  has_gathered_ = !gathered_.empty();
  response.stream = std::make_unique<RelaySource>(shared_from_this());
}

void Forwarding::go_away() {
  going_away_ = tunnel_ || events_;
  if (going_away_ && connection_ != nullptr) connection_->nudge();
}

base::Task<std::optional<std::string_view>> Forwarding::next() {
  if (tunnel_ && !std::exchange(pump_started_, true)) base::start(pump(shared_from_this()));
  if (std::exchange(has_gathered_, false)) co_return std::string_view{gathered_};
  for (;;) {
    if (done_) co_return std::nullopt;
    const bool stops = going_away_ || interrupted();
    const bool in_frame = tunnel_ && !frames_.between_frames();
    if (stops && !(in_frame && !interrupt_->client_left)) co_return last_words();
    const auto piece = take_piece();
    if (!piece.empty()) co_return piece;
    if (framing_ == Framing::decoded && decoder_.state() != BodyDecoder::State::more)
      co_return finish(decoder_.state() == BodyDecoder::State::done);
    if (!connection_->usable()) co_return upstream_ended();
    co_await connection_->arrival(stops ? kRestOfFrame : upstream_.options().idle_timeout);
  }
}

std::string_view Forwarding::take_piece() {
  std::string_view piece;
  while (piece.empty()) {
    std::string_view raw = connection_->received();
    const std::size_t before = raw.size();
    if (before == 0) break;
    if (framing_ == Framing::decoded) {
      piece = decoder_.take(raw);
      connection_->consume(before - raw.size());
      if (decoder_.state() != BodyDecoder::State::more) break;
    } else {
      // A WebSocket that is to end does so after the frame that has begun.
      const bool stops = tunnel_ && (going_away_ || interrupted());
      piece = raw.substr(0, stops ? frames_.rest_of_frame(raw) : before);
      connection_->consume(piece.size());
      if (tunnel_) frames_.take(piece);
      break;
    }
  }
  if (events_ && !piece.empty()) note_event_end(piece);
  return piece;
}

// Whether an event of ours may follow: an empty line has ended the one before.
void Forwarding::note_event_end(std::string_view piece) {
  constexpr std::size_t kLongestEnd = 4;
  tail_.append(piece.substr(piece.size() - std::min(piece.size(), kLongestEnd)));
  if (tail_.size() > kLongestEnd) tail_.erase(0, tail_.size() - kLongestEnd);
  at_event_end_ = tail_.ends_with("\n\n") || tail_.ends_with("\r\n\r\n") || tail_.ends_with("\r\r");
}

// What the client is told before the end that somebody else decided.
std::optional<std::string_view> Forwarding::last_words() {
  const bool cut = interrupt_->cut.has_value();
  const bool gone = interrupt_->client_left || said_last_words_;
  if (!gone && tunnel_ && !frames_.closed()) {
    gathered_ = cut ? close_frame(close_code(*interrupt_->cut), interrupt_->cut->reason)
                    : close_frame(kCloseGoingAway, "the server stops");
  } else if (!gone && events_ && cut && at_event_end_ && !head_.content_length) {
    gathered_ = "event: problem\ndata: ";
    append_problem(gathered_, *interrupt_->cut, status_of(interrupt_->cut->code),
                   exchange_->request.request_id);
    gathered_ += "\n\n";
  } else {
    return finish(said_last_words_ || (events_ && going_away_ && at_event_end_));
  }
  said_last_words_ = true;
  return gathered_;
}

// A WebSocket that ends without the application's own close frame says so, where a frame may
// follow.
std::optional<std::string_view> Forwarding::upstream_ended() {
  const bool closed = connection_->failure() == UpstreamFailure::closed;
  const bool may_speak = tunnel_ && !frames_.closed() && frames_.between_frames();
  if (!may_speak || said_last_words_ || connection_->failure() == UpstreamFailure::cancelled)
    return finish(framing_ == Framing::until_close && closed);
  const bool slow = connection_->failure() == UpstreamFailure::timeout;
  gathered_ = slow ? close_frame(kCloseUpstreamTimeout, "upstream_timeout")
                   : close_frame(kCloseUpstreamClosed, "upstream_closed");
  said_last_words_ = true;
  return gathered_;
}

std::optional<std::string_view> Forwarding::finish(bool complete) {
  complete_ = complete;
  done_ = true;
  return std::nullopt;
}

}  // namespace http
