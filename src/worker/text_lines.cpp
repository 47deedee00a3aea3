#include "worker/text_lines.hpp"

#include <algorithm>
#include <cstring>

namespace worker {
namespace {

constexpr std::size_t kReadBytes = 1U << 20U;

bool is_blank(char letter) { return letter == ' ' || letter == '\t' || letter == '\r'; }

}  // namespace

ByteSource bytes_of_text(std::string_view bytes) {
  return [rest = bytes](std::span<char> buffer) mutable -> base::Result<std::size_t> {
    const std::size_t size = std::min(buffer.size(), rest.size());
    if (size > 0) std::memcpy(buffer.data(), rest.data(), size);
    rest.remove_prefix(size);
    return size;
  };
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

LineReader::LineReader(ByteSource source, LineEnd end)
    : source_(std::move(source)),
      mark_(end == LineEnd::newline ? '\n' : '\r'),
      buffer_(kMaxLineBytes + kReadBytes, '\0') {}

base::Result<void> LineReader::refill() {
  if (begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  RL_TRY(const std::size_t size, source_(std::span<char>(buffer_).subspan(end_)));
  if (size == 0) ended_ = true;
  end_ += size;
  return {};
}

bool LineReader::take_rest(Line& line) {
  const std::size_t size = end_ - begin_;
  if (size == 0 || skipping_) return false;
  line = {std::string_view(buffer_).substr(begin_, size), ++number_, false};
  consumed_ += size;
  begin_ = end_;
  return true;
}

base::Result<bool> LineReader::next(Line& line) {
  while (true) {
    const char* start = buffer_.data() + begin_;
    const std::size_t size = end_ - begin_;
    const void* found =
        size > searched_ ? std::memchr(start + searched_, mark_, size - searched_) : nullptr;
    if (found != nullptr) {
      const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - start);
      begin_ += length + 1;
      consumed_ += length + 1;
      searched_ = 0;
      if (skipping_) {  // the tail of a line that was reported already
        skipping_ = false;
        continue;
      }
      std::string_view text{start, length};
      if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
      const bool too_long = text.size() > kMaxLineBytes;
      line = {too_long ? text.substr(0, kMaxLineBytes) : text, ++number_, too_long};
      return true;
    }
    if (ended_) return take_rest(line);
    searched_ = size;
    if (size > kMaxLineBytes) {
      begin_ = end_;
      consumed_ += size;
      searched_ = 0;
      if (skipping_) continue;
      skipping_ = true;
      line = {{start, kMaxLineBytes}, ++number_, true};
      return true;
    }
    RL_TRY_VOID(refill());
  }
}

SplitOutcome FieldSplitter::split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  if (std::memchr(line.data(), '"', line.size()) != nullptr) return split_quoted(line, fields);
  const char* at = line.data();
  const char* const end = at + line.size();
  const char* start = at;
  for (; at != end; ++at)
    if (*at == delimiter_) {
      fields.push_back(trim({start, static_cast<std::size_t>(at - start)}));
      start = at + 1;
      if (fields.size() > kMaxColumns) return SplitOutcome::too_many_columns;
    }
  fields.push_back(trim({start, static_cast<std::size_t>(end - start)}));
  return SplitOutcome::ok;
}

std::string_view FieldSplitter::unescape(std::string_view quoted) {
  if (quoted.find('"') == std::string_view::npos) return trim(quoted);
  const std::size_t start = unescaped_.size();
  for (std::size_t index = 0; index < quoted.size(); ++index) {
    unescaped_.push_back(quoted[index]);
    if (quoted[index] == '"') ++index;
  }
  return trim(std::string_view{unescaped_}.substr(start));
}

SplitOutcome FieldSplitter::split_quoted(std::string_view line,
                                         std::vector<std::string_view>& fields) {
  unescaped_.clear();
  unescaped_.reserve(line.size());  // views into it must stay
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_blank(line[at]) && line[at] != delimiter_) ++at;
    std::size_t end = at;
    if (at < line.size() && line[at] == '"') {
      for (end = at + 1; end < line.size(); ++end) {
        if (line[end] != '"') continue;
        if (end + 1 >= line.size() || line[end + 1] != '"') break;
        ++end;
      }
      if (end >= line.size()) return SplitOutcome::unclosed_quote;
      fields.push_back(unescape(line.substr(at + 1, end - at - 1)));
      end = std::min(line.find(delimiter_, end), line.size());
    } else {
      end = std::min(line.find(delimiter_, at), line.size());
      fields.push_back(trim(line.substr(at, end - at)));
    }
    if (fields.size() > kMaxColumns) return SplitOutcome::too_many_columns;
    if (end >= line.size()) return SplitOutcome::ok;
    at = end + 1;
  }
}

}  // namespace worker
