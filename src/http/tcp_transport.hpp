// Transport over a plain TCP socket that a SocketPoll watches: one recv() and one send() a request.
#pragma once

#include "http/socket_poll.hpp"
#include "http/transport.hpp"

namespace http {

class TcpTransport final : public Transport, private SocketPoll::Client {
 public:
  // Takes the socket over; `poll` outlives the transport.
  TcpTransport(SocketPoll& poll, int socket);
  ~TcpTransport() override;
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  void attach(TransportEvents& events) override { events_ = &events; }
  bool open() override { return true; }
  void start_read(std::span<char> into) override;
  std::optional<std::size_t> try_write(std::string_view bytes) override;
  void start_write(std::string_view bytes) override;
  void finish_writing() override;
  void close() override;
  [[nodiscard]] bool secure() const override { return false; }

 private:
  void on_ready(std::uint32_t events) override;
  void read();
  void write();

  SocketPoll& poll_;
  SocketPoll::Ticket ticket_;
  int socket_;  // -1: closed
  TransportEvents* events_ = nullptr;
  std::span<char> into_;   // while reading_
  std::string_view rest_;  // while writing_
  bool reading_ = false;
  bool writing_ = false;
  bool readable_ = false;  // recv() may find something
  bool writable_ = true;   // send() may take something
  bool ended_ = false;     // the client sent its last byte, or the connection broke
};

}  // namespace http
