// Text that is a JSON string as it stands: ASCII without control characters, quotes and
// backslashes. Most text is; telling so costs a few instructions.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace base {

constexpr std::uint64_t kPlainWord = 0x2020202020202020U;

// A high bit for every byte that is not plain, and perhaps for plain ones after the first of them:
// zero says that all eight are plain (the bit tricks of "has zero byte" and "has less").
[[nodiscard]] inline std::uint64_t not_plain(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const auto quote = word ^ (kOnes * '"');
  const auto slash = word ^ (kOnes * '\\');
  return ((word - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes) | word) & kHigh;
}

template <class Word>
[[nodiscard]] Word load_word(const char* from) {
  Word word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

template <class Word>
Word copy_word(const char* from, char* to) {
  const auto word = load_word<Word>(from);
  std::memcpy(to, &word, sizeof word);
  return word;
}

// Copies `text` to `to`, which has room for it. False when it is not plain: what was written then
// is of no use.
[[nodiscard]] inline bool copy_plain_json(std::string_view text, char* to) {
  const char* const from = text.data();
  if (text.size() >= sizeof(std::uint64_t)) {
    // The last word overlaps the one before it; so do the halves below.
    const auto last = text.size() - sizeof(std::uint64_t);
    std::uint64_t odd = 0;
    for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t))
      odd |= not_plain(copy_word<std::uint64_t>(from + at, to + at));
    return (odd | not_plain(copy_word<std::uint64_t>(from + last, to + last))) == 0;
  }
  if (text.size() >= sizeof(std::uint32_t)) {
    const auto last = text.size() - sizeof(std::uint32_t);
    const std::uint64_t front = copy_word<std::uint32_t>(from, to);
    return not_plain((front << 32U) | copy_word<std::uint32_t>(from + last, to + last)) == 0;
  }
  std::uint64_t word = kPlainWord;
  for (std::size_t at = 0; at < text.size(); ++at) {
    to[at] = from[at];
    word = (word << 8U) | static_cast<unsigned char>(from[at]);
  }
  return not_plain(word) == 0;
}

}  // namespace base
