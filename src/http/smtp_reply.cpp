#include "http/smtp_reply.hpp"

#include <algorithm>

#include "http/text.hpp"

namespace http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Cuts the next line off, without its end; nullopt: there is no whole one.
std::optional<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find(kLineEnd);
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + kLineEnd.size());
  return line;
}

// 0 unless it is three digits, alone or before a space or a hyphen.
int code_of(std::string_view line) {
  if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) return 0;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

}  // namespace

bool SmtpReply::offers(std::string_view extension) const {
  std::string_view rest = text;
  static_cast<void>(next_line(rest));  // names the server
  while (const auto line = next_line(rest)) {
    const auto words = line->substr(std::min<std::size_t>(line->size(), 4));
    if (equals_ignoring_case(words.substr(0, words.find(' ')), extension)) return true;
  }
  return false;
}

std::optional<SmtpReply> SmtpReplies::next() {
  std::string_view rest = buffer_;
  while (const auto line = next_line(rest)) {
    const int code = code_of(*line);
    if (code != 0 && line->size() > 3 && (*line)[3] == '-') continue;
    const auto size = buffer_.size() - rest.size();
    SmtpReply reply{.code = code, .text = buffer_.substr(0, size)};
    buffer_.erase(0, size);
    return reply;
  }
  return std::nullopt;
}

}  // namespace http
