#include "http/websocket_frames.hpp"

#include <algorithm>

namespace http {
namespace {

constexpr std::uint8_t kOpcodeBits = 0x0F;
constexpr std::uint8_t kCloseOpcode = 0x8;
constexpr std::uint8_t kMaskBit = 0x80;
constexpr std::uint8_t kLengthBits = 0x7F;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;
constexpr std::size_t kMaxReason = 123;

}  // namespace

void FrameCursor::take(std::string_view bytes) {
  while (!bytes.empty()) bytes.remove_prefix(take_frame(bytes));
}

std::size_t FrameCursor::rest_of_frame(std::string_view bytes) const {
  if (between_frames()) return 0;
  FrameCursor ahead = *this;
  return ahead.take_frame(bytes);
}

std::size_t FrameCursor::take_frame(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    if (payload_left_ > 0) {
      const auto part = std::min<std::uint64_t>(payload_left_, bytes.size() - used);
      payload_left_ -= part;
      used += static_cast<std::size_t>(part);
    } else {
      header_[header_size_++] = static_cast<std::uint8_t>(bytes[used++]);
      if (header_size_ >= 2 && header_size_ == header_bytes()) begin_payload();
    }
    if (between_frames()) break;
  }
  return used;
}

std::size_t FrameCursor::header_bytes() const {
  const std::uint8_t length = header_[1] & kLengthBits;
  const std::size_t extended = length == kLength64 ? 8U : length == kLength16 ? 2U : 0U;
  return 2 + extended + ((header_[1] & kMaskBit) != 0 ? 4U : 0U);
}

void FrameCursor::begin_payload() {
  const std::uint8_t length = header_[1] & kLengthBits;
  const std::size_t extended = length == kLength64 ? 8U : length == kLength16 ? 2U : 0U;
  payload_left_ = extended == 0 ? length : 0;
  for (std::size_t i = 0; i < extended; ++i) payload_left_ = payload_left_ << 8U | header_[2 + i];
  closed_ = closed_ || (header_[0] & kOpcodeBits) == kCloseOpcode;
  header_size_ = 0;
}

std::string close_frame(std::uint16_t code, std::string_view reason) {
  reason = reason.substr(0, kMaxReason);
  std::string frame;
  frame.push_back(static_cast<char>(0x80 | kCloseOpcode));
  frame.push_back(static_cast<char>(reason.size() + 2));
  frame.push_back(static_cast<char>(code >> 8U));
  frame.push_back(static_cast<char>(code & 0xFFU));
  return frame.append(reason);
}

}  // namespace http
