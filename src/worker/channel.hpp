// The socket to the server. One thread receives; any thread sends. When the server is gone there is
// nothing left to do: the process ends.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "wire/frame.hpp"

namespace worker {

class Channel {
 public:
  explicit Channel(int fd) : fd_(fd) {}
  void send(wire::FrameType type, std::uint32_t request, std::string_view payload);
  // False at the end of file.
  base::Result<bool> receive(wire::Frame& frame);

 private:
  int fd_;
  std::mutex sending_;
  wire::FrameReader reader_;
};

}  // namespace worker
