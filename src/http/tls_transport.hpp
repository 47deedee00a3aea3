// Transport over TLS on a TCP socket, by Asio and OpenSSL. Plain connections use tcp_transport.hpp.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "http/transport.hpp"

namespace http {

using LoopSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

class TlsTransport final : public Transport {
 public:
  TlsTransport(LoopSocket socket, boost::asio::ssl::context& context)
      : stream_(std::move(socket), context) {
    boost::system::error_code ignored;  // a socket that is broken already fails at its first use
    stream_.lowest_layer().non_blocking(true, ignored);
    stream_.lowest_layer().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  }

  void attach(TransportEvents& events) override { events_ = &events; }

  bool open() override {
    stream_.async_handshake(boost::asio::ssl::stream_base::server,
                            [this](boost::system::error_code error) {
                              handshaken_ = !error;
                              events_->on_opened(handshaken_);
                            });
    return false;
  }

  void start_read(std::span<char> into) override {
    stream_.async_read_some(boost::asio::buffer(into.data(), into.size()),
                            [this](boost::system::error_code error, std::size_t bytes) {
                              events_->on_read(error ? 0 : bytes);
                            });
  }

  std::optional<std::size_t> try_write(std::string_view) override { return 0; }

  void start_write(std::string_view bytes) override {
    stream_.async_write_some(boost::asio::buffer(bytes.data(), bytes.size()),
                             [this](boost::system::error_code error, std::size_t sent) {
                               events_->on_written(error ? 0 : sent);
                             });
  }

  // Under TLS a half-close is a close: the client learns the end from the length.
  void finish_writing() override {}

  void close() override {
    boost::system::error_code ignored;
    // The socket does not block: this sends close_notify and does not wait for the client's.
    if (handshaken_) stream_.shutdown(ignored);
    stream_.lowest_layer().close(ignored);
  }

  [[nodiscard]] bool secure() const override { return true; }

 private:
  boost::asio::ssl::stream<LoopSocket> stream_;
  TransportEvents* events_ = nullptr;
  bool handshaken_ = false;
};

}  // namespace http
