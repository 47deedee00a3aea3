#include "http/body_decoder.hpp"

#include <algorithm>

#include "http/text.hpp"

namespace http {
namespace {

// 15 digits hold any size that fits 60 bits: more is an attempt to overflow.
constexpr std::uint32_t kMaxSizeDigits = 15;
// Extensions and trailers are ignored; this many bytes of them in a body are an attack.
constexpr std::uint32_t kMaxExtraBytes = 4'096;

}  // namespace

void BodyDecoder::start_length(std::uint64_t bytes) {
  *this = BodyDecoder{};
  left_ = bytes;
  state_ = bytes > 0 ? State::more : State::done;
}

void BodyDecoder::start_chunked() {
  *this = BodyDecoder{};
  chunked_ = true;
  state_ = State::more;
}

std::string_view BodyDecoder::take(std::string_view& raw) {
  while (state_ == State::more && !raw.empty()) {
    if (!chunked_ || chunk_ == Chunk::data) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, raw.size()));
      const auto data = raw.substr(0, size);
      raw.remove_prefix(size);
      left_ -= size;
      if (left_ == 0) {
        chunk_ = Chunk::data_cr;
        if (!chunked_) state_ = State::done;
      }
      return data;
    }
    take_framing(raw.front());
    raw.remove_prefix(1);
  }
  return {};
}

void BodyDecoder::take_framing(char c) {
  const auto expect = [&](char wanted, Chunk next) {
    if (c != wanted) state_ = State::broken;
    chunk_ = next;
  };
  switch (chunk_) {
    case Chunk::size_start:
      left_ = 0;
      digits_ = 0;
      if (hex_value(c) < 0) {
        state_ = State::broken;
        return;
      }
      chunk_ = Chunk::size;
      return take_size(c);
    case Chunk::size:
      return take_size(c);
    case Chunk::extension:
      if (c == '\r') return void(chunk_ = Chunk::size_lf);
      if (!is_char(c, kValueChar)) state_ = State::broken;
      return spend_extra();
    case Chunk::size_lf:
      return expect('\n', left_ > 0 ? Chunk::data : Chunk::trailer_start);
    case Chunk::data_cr:
      return expect('\r', Chunk::data_lf);
    case Chunk::data_lf:
      return expect('\n', Chunk::size_start);
    case Chunk::trailer_start:
      if (c == '\r') return void(chunk_ = Chunk::end_lf);
      chunk_ = Chunk::trailer;
      if (!is_char(c, kTokenChar)) state_ = State::broken;
      return spend_extra();
    case Chunk::trailer:
      return take_trailer(c);
    case Chunk::trailer_lf:
      return expect('\n', Chunk::trailer_start);
    case Chunk::end_lf:
      state_ = c == '\n' ? State::done : State::broken;
      return;
    case Chunk::data:
      return;
  }
}

void BodyDecoder::take_size(char c) {
  const int digit = hex_value(c);
  if (digit >= 0) {
    if (++digits_ > kMaxSizeDigits) state_ = State::broken;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  } else if (c == '\r') {
    chunk_ = Chunk::size_lf;
  } else if (c == ';') {
    chunk_ = Chunk::extension;
  } else {
    state_ = State::broken;
  }
}

void BodyDecoder::take_trailer(char c) {
  if (c == '\r') return void(chunk_ = Chunk::trailer_lf);
  if (!is_char(c, kValueChar)) state_ = State::broken;
  spend_extra();
}

void BodyDecoder::spend_extra() {
  if (++extra_ > kMaxExtraBytes) state_ = State::broken;
}

}  // namespace http
