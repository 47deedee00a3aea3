#include "http/outbound_stream.hpp"

#include <optional>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

#include "http/tls_transport.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using LoopExecutor = asio::io_context::executor_type;

struct Outcome {
  Code error;
  std::size_t bytes = 0;
};

base::Result<tcp::endpoint> literal_endpoint(const OutboundTarget& target) {
  Code error;
  const auto address =
      asio::ip::make_address(target.host == "localhost" ? "127.0.0.1" : target.host, error);
  if (error) return base::fail_internal("not an address");
  return tcp::endpoint{address, target.port};
}

}  // namespace

struct OutboundStream::State {
  explicit State(IoExecutor& owner)
      : executor(owner),
        socket(owner.io()),
        resolver(owner.io().get_executor()),
        deadline(owner.io().get_executor()) {}

  void close() {
    Code ignored;
    resolver.cancel();
    socket.close(ignored);
  }
  [[nodiscard]] std::unexpected<base::Error> failed(std::string_view step, Code error) const {
    return base::fail_internal(std::string(step) + ": " +
                               (expired ? "the deadline has passed" : error.message()));
  }

  IoExecutor& executor;
  LoopSocket socket;
  asio::ip::basic_resolver<tcp, LoopExecutor> resolver;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>
      deadline;
  std::optional<asio::ssl::stream<LoopSocket&>> tls;
  bool expired = false;
};

bool is_loopback_host(std::string_view host) {
  const auto endpoint = literal_endpoint({.host = std::string(host), .port = 0});
  return endpoint && endpoint->address().is_loopback();
}

base::Result<IoExecutor*> current_io_executor() {
  auto* executor = dynamic_cast<IoExecutor*>(base::current_executor());
  if (executor == nullptr)
    return base::fail_internal("outbound connection: not on an executor that can make one");
  return executor;
}

OutboundStream::OutboundStream(IoExecutor& executor, base::Millis timeout)
    : state_(std::make_shared<State>(executor)) {
  state_->deadline.expires_after(timeout);
  state_->deadline.async_wait([weak = std::weak_ptr(state_)](Code cancelled) {
    const auto state = weak.lock();
    if (cancelled || !state) return;
    state->expired = true;
    state->close();
  });
}

OutboundStream::~OutboundStream() {
  state_->deadline.cancel();
  state_->close();
}

base::Task<base::Result<void>> OutboundStream::connect(OutboundTarget target) {
  base::Completion<Outcome> done;
  auto finish = [state = state_, sender = done.sender()](Code error, const auto&) mutable {
    sender.set({error, 0});
  };
  if (const auto literal = literal_endpoint(target)) {
    state_->socket.async_connect(
        *literal, [finish = std::move(finish)](Code error) mutable { finish(error, 0); });
  } else {
    state_->resolver.async_resolve(
        target.host, std::to_string(target.port),
        [state = state_, finish = std::move(finish)](Code error, const auto& found) mutable {
          if (error || state->expired) return finish(error, 0);
          asio::async_connect(state->socket, found, std::move(finish));
        });
  }
  const Outcome outcome = co_await done;
  if (outcome.error || state_->expired) co_return state_->failed("connect", outcome.error);
  Code ignored;
  state_->socket.set_option(tcp::no_delay(true), ignored);
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> OutboundStream::start_tls(std::string host) {
  auto& tls = state_->tls.emplace(state_->socket, state_->executor.client_tls());
  tls.set_verify_callback(asio::ssl::host_name_verification(host));
  if (SSL_set_tlsext_host_name(tls.native_handle(), host.c_str()) != 1)
    co_return base::fail_internal("tls: the name of the host cannot be sent");
  base::Completion<Outcome> done;
  tls.async_handshake(
      asio::ssl::stream_base::client,
      [state = state_, sender = done.sender()](Code error) mutable { sender.set({error, 0}); });
  const Outcome outcome = co_await done;
  if (outcome.error || state_->expired) co_return state_->failed("tls", outcome.error);
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> OutboundStream::write(std::string_view text) {
  base::Completion<Outcome> done;
  auto finish = [state = state_, sender = done.sender()](Code error, std::size_t bytes) mutable {
    sender.set({error, bytes});
  };
  const auto buffer = asio::buffer(text.data(), text.size());
  if (state_->tls)
    asio::async_write(*state_->tls, buffer, std::move(finish));
  else
    asio::async_write(state_->socket, buffer, std::move(finish));
  const Outcome outcome = co_await done;
  if (outcome.error) co_return state_->failed("write", outcome.error);
  co_return base::Result<void>{};
}

base::Task<base::Result<std::size_t>> OutboundStream::read(std::span<char> into) {
  base::Completion<Outcome> done;
  auto finish = [state = state_, sender = done.sender()](Code error, std::size_t bytes) mutable {
    sender.set({error, bytes});
  };
  const auto buffer = asio::buffer(into.data(), into.size());
  if (state_->tls)
    state_->tls->async_read_some(buffer, std::move(finish));
  else
    state_->socket.async_read_some(buffer, std::move(finish));
  const Outcome outcome = co_await done;
  if (outcome.error == asio::error::eof) co_return std::size_t{0};
  if (outcome.error) co_return state_->failed("read", outcome.error);
  co_return outcome.bytes;
}

}  // namespace http
