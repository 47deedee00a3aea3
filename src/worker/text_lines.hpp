// Text files line by line in bounded memory, and lines into fields. Pure but for the byte source.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace worker {

inline constexpr std::size_t kMaxLineBytes = 1U << 20U;
inline constexpr std::size_t kMaxColumns = 2000;

// Fills the buffer with the next bytes; 0 at the end.
using ByteSource = std::function<base::Result<std::size_t>(std::span<char>)>;

// `bytes` must outlive the source.
[[nodiscard]] ByteSource bytes_of_text(std::string_view bytes);

struct Line {
  std::string_view text;     // valid until the next call; without its line end
  std::uint64_t number = 0;  // the first line is 1
  bool too_long = false;     // `text` is then its first bytes
};

enum class LineEnd : std::uint8_t { newline, carriage_return };

// Ends lines at LF (a CR before it is dropped) or, for old Macintosh files, at CR.
class LineReader {
 public:
  explicit LineReader(ByteSource source, LineEnd end = LineEnd::newline);
  // False at the end of the file.
  base::Result<bool> next(Line& line);
  // Bytes handed out in lines so far.
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }

 private:
  base::Result<void> refill();
  bool take_rest(Line& line);
  ByteSource source_;
  char mark_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t searched_ = 0;  // bytes after begin_ that hold no line end
  bool ended_ = false;
  bool skipping_ = false;  // inside a line that is too long
  std::uint64_t number_ = 0;
  std::uint64_t consumed_ = 0;
};

enum class SplitOutcome : std::uint8_t { ok, unclosed_quote, too_many_columns };

// Fields of one line, trimmed of blanks and of quotes around them. Views point into `line` or,
// where quotes inside were doubled, into the splitter; both valid until the next call.
class FieldSplitter {
 public:
  explicit FieldSplitter(char delimiter) : delimiter_(delimiter) {}
  SplitOutcome split(std::string_view line, std::vector<std::string_view>& fields);

 private:
  SplitOutcome split_quoted(std::string_view line, std::vector<std::string_view>& fields);
  std::string_view unescape(std::string_view quoted);
  char delimiter_;
  std::string unescaped_;
};

[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace worker
