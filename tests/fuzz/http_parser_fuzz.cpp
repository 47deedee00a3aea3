// Feeds the request head parser and the body decoder anything, whole and in pieces: no crash, no
// view outside the input, and the same verdict however the bytes arrive.
#include <cstdlib>

#include "http/body_decoder.hpp"
#include "http/request_head.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || part == "/" ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

http::HeadResult parse_in_pieces(std::string_view input, std::size_t step,
                                 const http::HeadLimits& limits, http::RequestHead& head) {
  http::HeadResult result;
  for (std::size_t size = 0; result.state == http::HeadState::incomplete && size < input.size();) {
    size = std::min(input.size(), size + step);
    result = http::parse_head(input.substr(0, size), limits, head);
  }
  return result;
}

// All body data, and where the body ended.
std::string decode(std::string_view raw, std::size_t step, http::BodyDecoder decoder,
                   std::size_t& used, http::BodyDecoder::State& state) {
  std::string data;
  used = 0;
  while (used < raw.size() && decoder.state() == http::BodyDecoder::State::more) {
    std::string_view piece = raw.substr(used, step);
    const std::size_t given = piece.size();
    while (!piece.empty() && decoder.state() == http::BodyDecoder::State::more)
      data.append(decoder.take(piece));
    used += given - piece.size();
  }
  state = decoder.state();
  return data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t step = 1 + bytes[0] % 7;
  const std::string_view input{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  const http::HeadLimits limits{1024, 8, 256};

  http::RequestHead head;
  const auto whole = http::parse_head(input, limits, head);
  if (whole.state == http::HeadState::complete) {
    require(head.bytes <= input.size() && head.headers.size() <= limits.max_headers);
    require(inside(head.target, input) && inside(head.path, input) && inside(head.query, input));
    for (const auto& field : head.headers)
      require(inside(field.name, input) && inside(field.value, input));
    require(!(head.chunked && head.content_length));
  }
  http::RequestHead again;
  const auto pieces = parse_in_pieces(input, step, limits, again);
  if (whole.state == http::HeadState::complete)
    require(pieces.state == http::HeadState::complete && again.bytes == head.bytes);

  http::BodyDecoder decoder;
  decoder.start_chunked();
  std::size_t used_whole = 0;
  std::size_t used_pieces = 0;
  http::BodyDecoder::State state_whole{};
  http::BodyDecoder::State state_pieces{};
  const auto data_whole = decode(input, input.size() + 1, decoder, used_whole, state_whole);
  const auto data_pieces = decode(input, step, decoder, used_pieces, state_pieces);
  require(data_whole == data_pieces && used_whole == used_pieces && state_whole == state_pieces);
  return 0;
}
