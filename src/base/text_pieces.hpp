// Several pieces of text at the end of a string, which grows once for all of them. Literals become
// plain stores. No piece may be part of `out`.
//   append_pieces(out, "Content-Length: ", DecimalText{size}, "\r\n");
#pragma once

#include <string>
#include <string_view>

namespace base {

[[nodiscard]] inline char* copy_text(char* to, std::string_view text) {
  return to + text.copy(to, text.size());  // of an empty piece the address may be null
}

// Of a literal the size is in its type: known also where the piece comes by reference.
[[nodiscard]] constexpr std::string_view piece_text(std::string_view text) { return text; }
template <std::size_t Size>
[[nodiscard]] constexpr std::string_view piece_text(const char (&literal)[Size]) {
  return {literal, Size - 1};
}

template <class... Pieces>
void append_pieces(std::string& out, const Pieces&... pieces) {
  const std::size_t before = out.size();
  const std::size_t size = (before + ... + piece_text(pieces).size());
  out.resize_and_overwrite(size, [&](char* text, std::size_t) {
    char* at = text + before;
    ((at = copy_text(at, piece_text(pieces))), ...);
    return size;
  });
}

}  // namespace base
