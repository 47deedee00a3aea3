#include "sql/sqlite_log_damage.hpp"

#include <array>
#include <fstream>
#include <span>
#include <vector>

namespace sql {

namespace {

constexpr std::size_t kHeader = 32;
constexpr std::size_t kFrameHeader = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // the lowest bit: checksums of big-endian words
constexpr std::uint32_t kLargestPage = 65'536;

using Bytes = std::span<const unsigned char>;

std::uint32_t big(Bytes bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | bytes[at + i];
  return value;
}

std::uint32_t little(Bytes bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i > 0; --i) value = value << 8U | bytes[at + i - 1];
  return value;
}

// The running checksum over all frames, as SQLite's file format describes it.
struct Sum {
  bool big_endian = false;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  void add(Bytes bytes) {
    const auto word = big_endian ? big : little;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += word(bytes, at) + second;
      second += word(bytes, at + 4) + first;
    }
  }
  [[nodiscard]] bool is(Bytes bytes, std::size_t at) const {
    return first == big(bytes, at) && second == big(bytes, at + 4);
  }
};

bool read(std::ifstream& file, std::vector<unsigned char>& into) {
  file.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
  return static_cast<std::size_t>(file.gcount()) == into.size();
}

// Counts what follows the first broken frame and was written by the same log.
std::optional<LogDamage> count_after(std::ifstream& file, Bytes header,
                                     std::vector<unsigned char>& frame, std::int64_t at) {
  LogDamage damage{.at = at};
  while (read(file, frame))
    if (big(frame, 8) == big(header, 16) && big(frame, 12) == big(header, 20)) ++damage.frames;
  return damage.frames > 0 ? std::optional{damage} : std::nullopt;
}

}  // namespace

std::optional<LogDamage> find_log_damage(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<unsigned char> header(kHeader);
  if (!file || !read(file, header)) return std::nullopt;
  Sum sum{.big_endian = (big(header, 0) & 1U) != 0};
  sum.add(Bytes{header}.first(kHeader - 8));
  const auto page = big(header, 8);
  const bool sane = (big(header, 0) & ~1U) == kMagic && page >= 512 && page <= kLargestPage;
  if (!sane || !sum.is(header, 24)) {
    file.seekg(0, std::ios::end);
    const auto rest = static_cast<std::int64_t>(file.tellg()) - static_cast<std::int64_t>(kHeader);
    // Of a log without its header nothing can be read, nor told how it was divided.
    return rest > 0 ? std::optional{LogDamage{.at = 0, .frames = (rest + 4'119) / 4'120}}
                    : std::nullopt;
  }
  std::vector<unsigned char> frame(kFrameHeader + page);
  for (auto at = static_cast<std::int64_t>(kHeader); read(file, frame);
       at += static_cast<std::int64_t>(frame.size())) {
    sum.add(Bytes{frame}.first(8));
    sum.add(Bytes{frame}.subspan(kFrameHeader));
    const bool same_log = big(frame, 8) == big(header, 16) && big(frame, 12) == big(header, 20);
    if (!same_log || !sum.is(frame, 16)) return count_after(file, header, frame, at);
  }
  return std::nullopt;
}

}  // namespace sql
