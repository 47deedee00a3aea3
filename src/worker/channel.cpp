#include "worker/channel.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace worker {

void Channel::send(wire::FrameType type, std::uint32_t request, std::string_view payload) {
  std::string bytes;
  wire::append_frame(bytes, type, request, payload);
  const std::lock_guard lock(sending_);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(wire::kExitClean);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

base::Result<bool> Channel::receive(wire::Frame& frame) {
  while (true) {
    RL_TRY(const bool complete, reader_.next(frame));
    if (complete) return true;
    char buffer[16 * 1024];
    const ssize_t size = read(fd_, buffer, sizeof buffer);
    if (size == 0 || (size < 0 && errno == ECONNRESET)) return false;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return base::fail_internal(std::string{"socket: "} + std::strerror(errno));
    reader_.feed({buffer, static_cast<std::size_t>(size)});
  }
}

}  // namespace worker
