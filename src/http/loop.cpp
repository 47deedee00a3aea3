#include "http/loop.hpp"

#include <boost/asio/post.hpp>

#include "http/tcp_transport.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr base::Millis kLinger{2'000};
constexpr base::Millis kAcceptPause{100};
constexpr base::Millis kDrainLook{20};
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    "Content-Length: 172\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
    R"({"type":"urn:redline:problem:overloaded","title":"Service Unavailable","status":503,)"
    R"("detail":"The server has too many connections. Please try again.","reason":"overloaded"})";

std::string address_text(const tcp::endpoint& peer) {
  asio::ip::address address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address.to_string();
}

}  // namespace

// The hint drops the locks around sockets, which only this loop's thread touches; post() keeps its
// own.
Loop::Loop(ServerShared& shared, asio::ssl::context* tls)
    : shared_(shared),
      tls_(tls),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      poll_(io_, *this),
      alive_(io_.get_executor()),
      acceptor_(io_),
      sweep_timer_(io_),
      accept_pause_(io_),
      services_(shared, *this) {}

Loop::~Loop() = default;

std::uint16_t Loop::listen(const tcp::endpoint& endpoint) {
  using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address(true));
  acceptor_.set_option(ReusePort(true));
  acceptor_.bind(endpoint);
  acceptor_.listen(4096);
  return acceptor_.local_endpoint().port();
}

void Loop::run() {
  const base::ExecutorScope scope(*this);
  if (!poll_.give_way_to(acceptor_.native_handle()))
    shared_.log.warning("accepting_may_wait", {{"detail", "epoll_ctl failed"}});
  poll_.start();
  accept();
  schedule_sweep();
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception& broken) {
      // Posted work threw: its own failure, not the loop's.
      shared_.log.error("loop_exception", {{"detail", std::string_view{broken.what()}}});
    }
  }
}

void Loop::post(std::move_only_function<void()> work) {
  poll_.work_comes();
  asio::post(io_, [this, work = std::move(work)]() mutable {
    poll_.work_begins();
    work();
  });
}

void Loop::post_all(std::vector<std::move_only_function<void()>> works) {
  post([works = std::move(works)]() mutable {
    for (auto& work : works) work();
  });
}

void Loop::batch_begins() { services_.gathering = true; }

// A client that waits is woken by the first answer and finds the others on their way, rather than
// going to sleep and being woken for each.
void Loop::batch_ends() {
  services_.gathering = false;
  for (auto* connection : services_.unsent) connection->send_gathered();
  services_.unsent.clear();
}

void Loop::stop() {
  post([this] { begin_drain(); });
}

void Loop::accept() {
  acceptor_.async_accept(io_, [this](boost::system::error_code error, LoopSocket socket) {
    if (!acceptor_.is_open()) return;
    if (!error) {
      boost::system::error_code gone;
      const auto peer = socket.remote_endpoint(gone);
      if (!gone) welcome(std::move(socket), peer);
      return accept();
    }
    // Out of descriptors or memory: let some go before trying again.
    shared_.log.warning("accept_failed", {{"detail", error.message()}});
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) accept();
    });
  });
}

void Loop::welcome(LoopSocket socket, const tcp::endpoint& peer) {
  if (shared_.connections_open.fetch_add(1, std::memory_order_relaxed) >=
      shared_.options.max_connections) {
    shared_.connections_open.fetch_sub(1, std::memory_order_relaxed);
    return turn_away(std::move(socket));
  }
  services_.connections_total.increment();
  std::unique_ptr<Transport> transport;
  if (tls_ != nullptr)
    transport = std::make_unique<TlsTransport>(std::move(socket), *tls_);
  else
    transport = std::make_unique<TcpTransport>(poll_, socket.release());
  auto* connection = new Connection(services_, std::move(transport), address_text(peer));
  connection->start();  // deletes itself
}

void Loop::turn_away(LoopSocket socket) {
  boost::system::error_code ignored;  // best effort: the client is refused either way
  socket.non_blocking(true, ignored);
  if (tls_ == nullptr) socket.write_some(asio::buffer(kFull), ignored);
  socket.shutdown(asio::socket_base::shutdown_both, ignored);
}

base::Micros Loop::timeout_of(Wait kind) const {
  switch (kind) {
    case Wait::head:
      return base::Millis{shared_.options.header_timeout_ms};
    case Wait::body:
      return base::Millis{shared_.options.body_timeout_ms};
    case Wait::idle:
    case Wait::write:
      return base::Millis{shared_.options.idle_timeout_ms};
    case Wait::linger:
      return kLinger;
    case Wait::nothing:
      break;
  }
  return base::Micros::max();
}

void Loop::schedule_sweep() {
  // Once a second, oftener only where a timeout is shorter than a few of that.
  base::Micros shortest = std::chrono::seconds{4};
  for (const Wait kind : {Wait::head, Wait::body, Wait::idle})
    shortest = std::min(shortest, timeout_of(kind));
  if (services_.draining) shortest = kDrainLook * 4;
  sweep_timer_.expires_after(std::max<base::Micros>(shortest / 4, base::Millis{5}));
  sweep_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    sweep();
    schedule_sweep();
    end_if_drained();
  });
}

void Loop::sweep() {
  const base::Instant now = shared_.clock.now();
  for (const Wait kind : {Wait::head, Wait::body, Wait::idle, Wait::write, Wait::linger})
    while (Waiting* late = services_.waits.overdue(kind, now - timeout_of(kind)))
      static_cast<Connection*>(late)->on_timeout();
}

void Loop::begin_drain() {
  if (services_.draining) return;
  services_.draining = true;
  drain_until_ = shared_.clock.now() + std::chrono::seconds{shared_.options.drain_seconds};
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  services_.waits.for_each([](Waiting& one) { static_cast<Connection&>(one).drain(); });
  schedule_sweep();
  end_if_drained();
}

void Loop::end_if_drained() {
  if (!services_.draining) return;
  if (services_.connections > 0) {
    if (shared_.clock.now() < drain_until_) return;
    services_.waits.for_each([](Waiting& one) { static_cast<Connection&>(one).abort(); });
    io_.poll();  // what the closed sockets still report
    if (services_.connections > 0)
      shared_.log.warning("drain_cut_off", {{"handlers", services_.connections}});
  }
  sweep_timer_.cancel();
  accept_pause_.cancel();
  services_.end_parts();
  poll_.close();
  alive_.reset();
  if (services_.connections > 0) io_.stop();
}

}  // namespace http
