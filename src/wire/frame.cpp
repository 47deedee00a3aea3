#include "wire/frame.hpp"

namespace wire {
namespace {

void append_u32(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<char>((value >> shift) & 0xFFU));
}

std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (unsigned index = 0; index < 4; ++index)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[index])) << (index * 8);
  return value;
}

bool known(std::uint8_t type) {
  constexpr auto first_request = static_cast<std::uint8_t>(FrameType::open);
  constexpr auto last_request = static_cast<std::uint8_t>(FrameType::credit);
  constexpr auto first_answer = static_cast<std::uint8_t>(FrameType::ready);
  constexpr auto last_answer = static_cast<std::uint8_t>(FrameType::failed);
  return (type >= first_request && type <= last_request) ||
         (type >= first_answer && type <= last_answer);
}

}  // namespace

void append_frame(std::string& out, FrameType type, std::uint32_t request,
                  std::string_view payload) {
  append_u32(out, static_cast<std::uint32_t>(payload.size()));
  out.push_back(static_cast<char>(type));
  append_u32(out, request);
  out.append(payload);
}

std::string encode_credit(std::uint32_t bytes) {
  std::string out;
  append_u32(out, bytes);
  return out;
}

std::uint32_t decode_credit(std::string_view payload) {
  return payload.size() == 4 ? read_u32(payload) : 0;
}

base::Result<bool> FrameReader::next(Frame& frame) {
  // Forget what was consumed once it is the larger part, so that a burst does not cost a quadratic
  // number of moves.
  if (at_ > buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const std::string_view rest = std::string_view{buffer_}.substr(at_);
  if (rest.size() < kHeaderBytes) return false;
  const std::size_t size = read_u32(rest);
  const auto type = static_cast<std::uint8_t>(rest[4]);
  if (size > kMaxPayload) return base::fail_internal("frame: payload too large");
  if (!known(type)) return base::fail_internal("frame: unknown type");
  if (rest.size() < kHeaderBytes + size) return false;
  frame.type = static_cast<FrameType>(type);
  frame.request = read_u32(rest.substr(5));
  frame.payload.assign(rest.substr(kHeaderBytes, size));
  at_ += kHeaderBytes + size;
  return true;
}

}  // namespace wire
