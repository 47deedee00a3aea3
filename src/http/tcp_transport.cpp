#include "http/tcp_transport.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace http {
namespace {

constexpr std::uint32_t kEnded = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// The calls themselves: glibc's are points of cancellation, which costs two atomic operations each
// in a program of several threads. Nothing here is ever cancelled.
ssize_t send_bytes(int socket, std::string_view bytes) {
  return syscall(SYS_sendto, socket, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
}

ssize_t receive_bytes(int socket, std::span<char> into) {
  return syscall(SYS_recvfrom, socket, into.data(), into.size(), 0, nullptr, nullptr);
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

TcpTransport::TcpTransport(SocketPoll& poll, int socket)
    : poll_(poll), ticket_(poll.add(*this)), socket_(socket) {
  // A socket that is broken already fails at its first use.
  fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!poll_.watch(ticket_, socket_)) readable_ = ended_ = true;
}

TcpTransport::~TcpTransport() {
  close();
  poll_.remove(ticket_);
}

void TcpTransport::start_read(std::span<char> into) {
  into_ = into;
  reading_ = true;
  if (readable_ || socket_ < 0) poll_.defer(ticket_);
}

std::optional<std::size_t> TcpTransport::try_write(std::string_view bytes) {
  if (socket_ < 0) return std::nullopt;
  while (true) {
    const ssize_t sent = send_bytes(socket_, bytes);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EINTR) continue;
    if (!would_block()) return std::nullopt;
    writable_ = false;
    return 0;
  }
}

void TcpTransport::start_write(std::string_view bytes) {
  rest_ = bytes;
  writing_ = true;
  if (writable_ || socket_ < 0) poll_.defer(ticket_);
}

void TcpTransport::finish_writing() {
  if (socket_ >= 0) shutdown(socket_, SHUT_WR);
}

void TcpTransport::close() {
  if (socket_ < 0) return;
  poll_.forget(socket_);
  ::close(socket_);
  socket_ = -1;
  if (reading_ || writing_) poll_.defer(ticket_);
}

void TcpTransport::on_ready(std::uint32_t events) {
  if ((events & (EPOLLIN | kEnded)) != 0) readable_ = true;
  if ((events & kEnded) != 0) ended_ = true;
  if ((events & (EPOLLOUT | kEnded)) != 0) writable_ = true;
  const bool was_reading = reading_;
  if (writing_ && (writable_ || socket_ < 0)) write();
  // Who was told of its write and waits for no read may be gone.
  if (was_reading && reading_ && (readable_ || socket_ < 0)) read();
}

void TcpTransport::read() {
  ssize_t size = 0;
  if (socket_ >= 0) {
    do {
      size = receive_bytes(socket_, into_);
    } while (size < 0 && errno == EINTR);
    if (size < 0 && would_block()) {
      readable_ = false;
      return;
    }
    // Less than there was room for: nothing more until the next edge.
    if (size > 0 && static_cast<std::size_t>(size) < into_.size() && !ended_) readable_ = false;
  }
  reading_ = false;
  events_->on_read(size > 0 ? static_cast<std::size_t>(size) : 0);
}

void TcpTransport::write() {
  std::size_t sent = 0;
  if (socket_ >= 0) {
    const auto taken = try_write(rest_);
    if (taken == 0U) return;
    sent = taken.value_or(0);
  }
  writing_ = false;
  events_->on_written(sent);
}

}  // namespace http
