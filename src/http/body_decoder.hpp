// The framing of one request body: a length or chunks. Gives views into what it is fed.
#pragma once

#include <cstdint>
#include <string_view>

namespace http {

class BodyDecoder {
 public:
  enum class State : std::uint8_t { more, done, broken };

  void start_length(std::uint64_t bytes);
  void start_chunked();

  // Takes bytes off the front of `raw`, up to and including one run of body data, which it returns
  // (empty: only framing was there, or nothing). Call until `raw` is empty or state() says stop.
  [[nodiscard]] std::string_view take(std::string_view& raw);
  [[nodiscard]] State state() const { return state_; }
  // Body bytes that are known to follow; at least that many may be read without touching the next
  // request. 0 for chunks: the next bytes may be framing.
  [[nodiscard]] std::uint64_t known_left() const { return chunked_ ? 0 : left_; }
  [[nodiscard]] bool chunked() const { return chunked_; }

 private:
  enum class Chunk : std::uint8_t {
    size_start,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_lf,
    end_lf
  };

  void take_framing(char c);
  void take_size(char c);
  void take_trailer(char c);
  void spend_extra();

  State state_ = State::done;
  bool chunked_ = false;
  Chunk chunk_ = Chunk::size_start;
  std::uint64_t left_ = 0;    // of the length, or of the current chunk
  std::uint32_t digits_ = 0;  // of the current chunk size
  std::uint32_t extra_ = 0;   // bytes of chunk extensions and trailers so far
};

}  // namespace http
