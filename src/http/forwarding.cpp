#include "http/forwarding.hpp"

#include <charconv>

#include "http/answer_head.hpp"
#include "http/text.hpp"

namespace http {

Forwarding::Forwarding(Exchange& exchange, Upstream& upstream, const ForwardRules& rules,
                       UpstreamPool& pool)
    : exchange_(&exchange),
      upstream_(upstream),
      rules_(rules),
      pool_(pool),
      reader_(exchange.body_reader),
      interrupt_(exchange.interruptible()) {}

base::Task<ForwardEnd> Forwarding::run(std::shared_ptr<Forwarding> self) {
  Forwarding& me = *self;
  // It may be called while it ends what it belongs to: it holds on to that, and is not taken away.
  me.interrupt_->listener = [weak = std::weak_ptr(self)] {
    if (const auto one = weak.lock()) one->on_interrupt();
  };
  me.read_request_framing();
  if (!me.body_done_) {
    const bool arrived = co_await me.read_first_piece();
    if (!arrived) {
      me.end();
      co_return me.interrupted().value_or(ForwardEnd::body_failed);
    }
  }
  for (bool again = false;; again = true) {
    me.connection_ = again ? nullptr : me.pool_.take();
    if (me.connection_ == nullptr) {
      const bool connected = co_await me.connect();
      if (!connected) break;
    }
    me.send_request();
    if (!me.body_done_) base::start(pump(self));
    std::optional<ForwardEnd> head;
    while (!(head = me.take_head()) && me.connection_->usable() && !me.interrupted())
      co_await me.connection_->arrival(me.upstream_.options().first_byte_timeout);
    if (head == ForwardEnd::answered) {
      const auto end = me.begin_answer();
      if (end != ForwardEnd::answered || me.relaying_ || me.done_) co_return end;
      co_return co_await me.finish_answer();
    }
    if (head) {
      me.end();
      co_return *head;
    }
    if (again || !me.may_repeat()) break;
    me.connection_->release();
  }
  const auto end = me.why_no_answer();
  me.end();
  co_return end;
}

void Forwarding::read_request_framing() {
  const Request& request = exchange_->request;
  upgrade_ = asks_for_websocket(request);
  chunked_ = request.header("transfer-encoding").has_value();
  if (const auto text = request.header("content-length")) {
    std::from_chars(text->data(), text->data() + text->size(), body_left_);  // checked on arrival
    length_ = body_left_;
  }
  body_done_ = !chunked_ && body_left_ == 0;
}

// Nothing is held of the upstream while a slow client has not even begun its body.
base::Task<bool> Forwarding::read_first_piece() {
  reading_first_ = true;
  const auto piece = co_await reader_->read();
  reading_first_ = false;
  if (!piece || interrupted()) co_return false;
  first_piece_ = *piece;
  body_left_ -= length_ ? piece->size() : 0;
  body_done_ = chunked_ ? piece->empty() : body_left_ == 0;
  co_return true;
}

base::Task<bool> Forwarding::connect() {
  connection_ = &pool_.open();
  while (connection_->connecting() && !interrupted())
    co_await connection_->arrival(upstream_.options().connect_timeout);
  if (interrupted()) co_return false;
  if (connection_->usable())
    upstream_.note_reached();
  else
    upstream_.note_unreachable(pool_.now());
  co_return connection_->usable();
}

void Forwarding::send_request() {
  std::string& out = connection_->out();
  rules_.append_request_head(out, *exchange_);
  if (chunked_)
    out.append("Transfer-Encoding: chunked\r\n");
  else if (length_)
    out.append("Content-Length: ").append(std::to_string(*length_)).append("\r\n");
  if (upgrade_) out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  out.append("\r\n");
  if (chunked_ || !first_piece_.empty()) append_body(first_piece_);
  static_cast<void>(connection_->try_flush());  // what does not go at once goes on by itself
}

void Forwarding::append_body(std::string_view piece) {
  std::string& out = connection_->out();
  if (!chunked_)
    out.append(piece);
  else if (piece.empty())
    out.append(kLastChunk);
  else
    append_chunk(out, piece);
}

// The rest of the body, or of a WebSocket everything that the client says.
base::Task<void> Forwarding::pump(std::shared_ptr<Forwarding> self) {
  Forwarding& me = *self;
  me.pumping_ = true;
  for (;;) {
    const bool sent = co_await me.connection_->sent();
    if (!sent || me.exchange_ == nullptr || me.body_done_) break;
    const auto& options = me.upstream_.options();
    me.connection_->extend(me.tunnel_ ? options.idle_timeout : options.first_byte_timeout);
    const auto piece = co_await me.reader_->read();
    if (me.exchange_ == nullptr) co_return;
    if (!piece) {
      me.pumping_ = false;
      me.connection_->cancel();
      co_return;
    }
    me.append_body(*piece);
    me.body_left_ -= me.length_ ? piece->size() : 0;
    me.body_done_ = me.tunnel_ ? piece->empty() : me.length_ ? me.body_left_ == 0 : piece->empty();
  }
  me.pumping_ = false;
}

// Only when the upstream cannot have worked on it: it had closed the connection before.
bool Forwarding::may_repeat() const {
  const Method method = exchange_->request.method;
  return connection_->reused() && connection_->silent() && body_done_ && !pumping_ &&
         connection_->failure() == UpstreamFailure::closed && method != Method::post &&
         method != Method::patch;
}

std::optional<ForwardEnd> Forwarding::interrupted() const {
  if (interrupt_->cut) return ForwardEnd::cut;
  if (interrupt_->client_left) return ForwardEnd::client_left;
  return std::nullopt;
}

ForwardEnd Forwarding::why_no_answer() const {
  if (const auto end = interrupted()) return *end;
  switch (connection_->failure()) {
    case UpstreamFailure::unreachable:
      return ForwardEnd::unreachable;
    case UpstreamFailure::timeout:
      return ForwardEnd::slow;
    case UpstreamFailure::cancelled:
      return ForwardEnd::body_failed;
    case UpstreamFailure::none:
    case UpstreamFailure::closed:
      break;
  }
  return ForwardEnd::broken;
}

void Forwarding::on_interrupt() {
  if (exchange_ == nullptr) return;
  if (reading_first_) return reader_->abandon();
  if (connection_ != nullptr) connection_->nudge();
}

void Forwarding::client_left() {
  interrupt_->client_left = true;
  if (connection_ != nullptr) connection_->nudge();
}

void Forwarding::end() {
  if (exchange_ == nullptr) return;
  exchange_ = nullptr;
  const auto self = shared_from_this();  // the pump's hold may be the last
  UpstreamConnection* const connection = std::exchange(connection_, nullptr);
  if (connection != nullptr) {
    // What ended early by our own last words is whole for the client, and not for the upstream: the
    // rest of its answer would be taken for the next one's.
    const bool in_order = done_ && complete_ && body_done_ && !pumping_ && !tunnel_ &&
                          !said_last_words_ && !going_away_ && framing_ != Framing::until_close &&
                          head_.keep_alive;
    if (in_order)
      pool_.give_back(*connection);
    else
      connection->release();
  }
  if (pumping_) reader_->abandon();
}

}  // namespace http
