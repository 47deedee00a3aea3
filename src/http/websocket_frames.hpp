// The frames of one direction of a WebSocket (RFC 6455), as far as a relay has to know them: where
// they end, so that a frame of its own can be put between two of them. Payload is passed over.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace http {

class FrameCursor {
 public:
  void take(std::string_view bytes);
  // Between two frames: here a control frame may be put.
  [[nodiscard]] bool between_frames() const { return payload_left_ == 0 && header_size_ == 0; }
  // How many of `bytes`, which follow what was taken, belong to the frame that has begun.
  [[nodiscard]] std::size_t rest_of_frame(std::string_view bytes) const;
  // A close frame has gone by: nothing may follow it.
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  // Takes bytes up to the end of the current frame.
  std::size_t take_frame(std::string_view bytes);
  [[nodiscard]] std::size_t header_bytes() const;
  void begin_payload();

  std::array<std::uint8_t, 14> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t payload_left_ = 0;
  bool closed_ = false;
};

// A close frame as a server sends it (unmasked); `reason` is cut to the 123 bytes that fit.
[[nodiscard]] std::string close_frame(std::uint16_t code, std::string_view reason);

}  // namespace http
