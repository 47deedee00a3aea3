// Frames as the server reads them from a worker that is broken or hostile: the same frames however
// the bytes arrive, and an error payload that always becomes an error.
#include <optional>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "wire/frame.hpp"

namespace {

using fuzz::require;

struct Read {
  std::string frames;  // all of them, written again
  bool broken = false;
};

Read read(std::string_view bytes, std::size_t step) {
  Read result;
  wire::FrameReader reader;
  wire::Frame frame;
  for (std::size_t at = 0; at < bytes.size() && !result.broken; at += step) {
    reader.feed(bytes.substr(at, step));
    while (true) {
      const auto complete = reader.next(frame);
      if (!complete) result.broken = true;
      if (!complete || !*complete) break;
      require(frame.payload.size() <= wire::kMaxPayload);
      wire::append_frame(result.frames, frame.type, frame.request, frame.payload);
    }
  }
  return result;
}

void check_error(std::string_view payload) {
  const auto error = wire::decode_error(payload);
  require(!error.reason.empty());
  const auto again = wire::decode_error(wire::encode_error(error));
  require(again.reason == error.reason && again.code == error.code);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = fuzz::text_of(data + 1, size - 1);
  const auto whole = read(bytes, size);
  const auto pieces = read(bytes, 1U + data[0] % 13U);
  require(whole.frames == pieces.frames && whole.broken == pieces.broken);
  require(bytes.starts_with(whole.frames));
  check_error(bytes);
  (void)wire::decode_credit(bytes);
  return 0;
}
