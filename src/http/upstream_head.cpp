#include "http/upstream_head.hpp"

#include "http/text.hpp"

namespace http {
namespace {

constexpr std::size_t kMaxHeadBytes = 64 * 1024;
constexpr std::size_t kMaxHeadLines = 200;

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

// Cuts the next line off, without its CRLF; false when none is whole.
bool next_line(std::string_view& rest, std::string_view& line) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return true;
}

// "HTTP/1.1 200 OK"; the phrase is for people and dropped.
bool read_status(std::string_view line, UpstreamHead& head) {
  if (line.size() < 12 || !line.starts_with("HTTP/1.")) return false;
  if (line[7] != '0' && line[7] != '1') return false;
  if (line[8] != ' ' || !is_decimal(line[9]) || !is_decimal(line[10]) || !is_decimal(line[11]))
    return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  for (const char c : line.substr(12))
    if (!is_char(c, kValueChar)) return false;
  head.http11 = line[7] == '1';
  head.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return head.status >= 100 && head.status <= 599;
}

bool read_length(std::string_view value, UpstreamHead& head) {
  if (head.content_length || value.empty() || value.size() > 18) return false;
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!is_decimal(c)) return false;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  head.content_length = length;
  return true;
}

struct Lasting {
  bool closes = false;
  bool keeps = false;
};

bool note_framing(const HeaderView& field, UpstreamHead& head, Lasting& lasting) {
  switch (field.name.size()) {
    case 10:
      if (equals_ignoring_case(field.name, "connection")) {
        lasting.closes = lasting.closes || list_has(field.value, "close");
        lasting.keeps = lasting.keeps || list_has(field.value, "keep-alive");
      }
      return true;
    case 14:
      return !equals_ignoring_case(field.name, "content-length") || read_length(field.value, head);
    case 17:
      if (!equals_ignoring_case(field.name, "transfer-encoding")) return true;
      if (head.chunked || !equals_ignoring_case(field.value, "chunked")) return false;
      return head.chunked = true;
    default:
      return true;
  }
}

bool read_field(std::string_view line, HeaderView& field) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  field = {line.substr(0, colon), trim(line.substr(colon + 1))};
  // A folded line begins with a space, which no name may hold.
  for (const char c : field.name)
    if (!is_char(c, kTokenChar)) return false;
  for (const char c : field.value)
    if (!is_char(c, kValueChar)) return false;
  return true;
}

}  // namespace

std::optional<std::string_view> UpstreamHead::header(std::string_view name) const {
  for (const auto& field : headers)
    if (equals_ignoring_case(field.name, name)) return field.value;
  return std::nullopt;
}

UpstreamHeadState parse_upstream_head(std::string_view input, UpstreamHead& head) {
  head.headers.clear();
  head.chunked = false;
  head.content_length.reset();
  std::string_view rest = input;
  std::string_view line;
  Lasting lasting;
  for (bool first = true;; first = false) {
    if (!next_line(rest, line))
      return input.size() >= kMaxHeadBytes ? UpstreamHeadState::malformed
                                           : UpstreamHeadState::incomplete;
    if (!line.ends_with('\r')) return UpstreamHeadState::malformed;
    line.remove_suffix(1);
    if (first) {
      if (!read_status(line, head)) return UpstreamHeadState::malformed;
      continue;
    }
    if (line.empty()) break;
    HeaderView field;
    if (head.headers.size() == kMaxHeadLines || !read_field(line, field) ||
        !note_framing(field, head, lasting))
      return UpstreamHeadState::malformed;
    head.headers.push_back(field);
  }
  head.bytes = input.size() - rest.size();
  if (head.bytes > kMaxHeadBytes || (head.chunked && (head.content_length || !head.http11)))
    return UpstreamHeadState::malformed;
  head.keep_alive = !lasting.closes && (head.http11 || lasting.keeps);
  return UpstreamHeadState::complete;
}

}  // namespace http
