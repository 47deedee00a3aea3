#include "http/upstream_pool.hpp"

#include <algorithm>

#include <boost/asio/connect.hpp>

#include "http/tcp_transport.hpp"
#include "http/tls_transport.hpp"

namespace http {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

// Makes one connection; keeps itself alive until it has told.
class UpstreamPool::Dial : public std::enable_shared_from_this<Dial> {
 public:
  Dial(asio::io_context& io, SocketPoll& poll, UpstreamConnection& connection)
      : connection_(connection), poll_(poll), socket_(io), resolver_(io.get_executor()) {}

  void start(const UpstreamOptions& options) {
    connection_.set_stop_opening([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->stop();
    });
    Code error;
    const auto address =
        asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, error);
    if (!error) return connect({address, options.port});
    resolver_.async_resolve(options.host, std::to_string(options.port),
                            [self = shared_from_this()](Code failed, const auto& found) {
                              if (failed) return self->finish(failed);
                              asio::async_connect(
                                  self->socket_, found,
                                  [self](Code refused, const auto&) { self->finish(refused); });
                            });
  }

 private:
  void stop() {
    Code ignored;
    resolver_.cancel();
    socket_.close(ignored);
  }

  void connect(const tcp::endpoint& endpoint) {
    socket_.async_connect(endpoint,
                          [self = shared_from_this()](Code failed) { self->finish(failed); });
    // Where the kernel refuses, it is noticed with Asio's next turn.
    if (socket_.is_open()) static_cast<void>(poll_.give_way_to(socket_.native_handle(), EPOLLOUT));
  }

  void finish(Code failed) {
    if (failed || !connection_.usable()) return connection_.not_opened();
    poll_.forget(socket_.native_handle());  // the transport watches it from here on
    connection_.opened(std::make_unique<TcpTransport>(poll_, socket_.release()));
  }

  UpstreamConnection& connection_;
  SocketPoll& poll_;
  LoopSocket socket_;
  asio::ip::basic_resolver<tcp, LoopExecutor> resolver_;
};

UpstreamPool::UpstreamPool(const Upstream& upstream, asio::io_context& io, SocketPoll& poll,
                           const base::Clock& clock)
    : options_(upstream.options()),
      io_(io),
      poll_(poll),
      clock_(clock),
      sweep_timer_(io.get_executor()),
      sweep_every_(std::clamp(
          std::min({options_.connect_timeout, options_.first_byte_timeout, options_.idle_timeout}) /
              4,
          base::Millis{5}, base::Millis{1'000})) {}

UpstreamPool::~UpstreamPool() = default;

UpstreamConnection* UpstreamPool::take() {
  if (idle_.empty()) return nullptr;
  UpstreamConnection* connection = idle_.back();
  idle_.pop_back();
  connection->begin_use();
  return connection;
}

UpstreamConnection& UpstreamPool::open() {
  auto* connection = new UpstreamConnection(*this);  // deletes itself
  std::make_shared<Dial>(io_, poll_, *connection)->start(options_);
  schedule_sweep();
  return *connection;
}

void UpstreamPool::give_back(UpstreamConnection& connection) {
  if (ended_ || !connection.usable() || !connection.received().empty() ||
      idle_.size() >= options_.keep_alive)
    return connection.release();
  idle_.push_back(&connection);
  connection.begin_idle(options_.keep_timeout);
}

void UpstreamPool::end() {
  ended_ = true;
  while (!idle_.empty()) idle_.back()->cancel();
  if (all_.empty()) sweep_timer_.cancel();
}

void UpstreamPool::enter(UpstreamConnection& connection) {
  connection.place_in_pool = all_.size();
  all_.push_back(&connection);
}

void UpstreamPool::leave(UpstreamConnection& connection) {
  all_.back()->place_in_pool = connection.place_in_pool;
  all_[connection.place_in_pool] = all_.back();
  all_.pop_back();
  if (all_.empty()) sweep_timer_.cancel();
}

void UpstreamPool::forget_idle(UpstreamConnection& connection) { std::erase(idle_, &connection); }

void UpstreamPool::schedule_sweep() {
  if (sweeping_ || all_.empty()) return;
  sweeping_ = true;
  sweep_timer_.expires_after(sweep_every_);
  sweep_timer_.async_wait([this](Code cancelled) {
    sweeping_ = false;
    if (!cancelled) sweep();
    schedule_sweep();
  });
}

void UpstreamPool::sweep() {
  const auto now = clock_.now();
  // From the end: one that ends is replaced by one that was looked at.
  for (std::size_t i = all_.size(); i > 0; --i)
    if (i <= all_.size() && all_[i - 1]->deadline() <= now) all_[i - 1]->on_deadline();
}

}  // namespace http
