#include "http/request_head.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "http/text.hpp"

namespace http {
namespace {

constexpr Fault kBadLine{400, "malformed_request", "The request line is not valid HTTP."};
constexpr Fault kBadTarget{400, "malformed_request", "The address in the request is not valid."};
constexpr Fault kBadHeader{400, "malformed_request", "A header line is not valid HTTP."};
constexpr Fault kBadHost{400, "malformed_request", "The request needs exactly one valid Host."};
constexpr Fault kOtherHost{400, "malformed_request",
                           "The address in the request and its Host name different servers."};
constexpr Fault kBadLength{400, "malformed_request",
                           "The length of the body is given twice, or is not a number."};
constexpr Fault kBadEncoding{501, "not_implemented",
                             "Transfer-Encoding may only be chunked, and only once."};
constexpr Fault kBadExpect{417, "expectation_failed", "Expect may only be 100-continue."};
constexpr Fault kBadVersion{505, "http_version_not_supported",
                            "This server speaks HTTP/1.1 and HTTP/1.0."};
constexpr Fault kBadMethod{501, "method_unknown", "This server does not know that method."};
constexpr Fault kLongTarget{414, "target_too_long", "The address in the request is too long."};
constexpr Fault kLongHead{431, "header_too_large", "The headers of the request are too large."};
constexpr Fault kManyHeaders{431, "too_many_headers", "The request has too many headers."};

constexpr std::size_t kLongestMethod = 16;

// The first control character in [at, end), a tab too, or an earlier place. What [begin, at) holds
// is readable and says nothing.
const char* skip_plain([[maybe_unused]] const char* begin, const char* at, const char* end) {
#ifdef __SSE2__
  constexpr std::ptrdiff_t kBlock = 16;
  const auto controls_in = [](const char* block) {
    const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
    const auto below = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const auto is_delete = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(below, is_delete)));
  };
  for (; end - at >= kBlock; at += kBlock)
    if (const auto found = controls_in(at); found != 0) return at + std::countr_zero(found);
  if (at == end || end - begin < kBlock) return at;
  // The last block overlaps what was looked at already.
  const auto found = controls_in(end - kBlock) >> static_cast<unsigned>(kBlock - (end - at));
  return found == 0 ? end : at + std::countr_zero(found);
#else
  return at;
#endif
}

// "a:80" is "a" under http.
std::string_view without_port(std::string_view host, std::string_view default_port) {
  if (host.ends_with(default_port)) host.remove_suffix(default_port.size());
  return host;
}

class HeadParser {
 public:
  HeadParser(std::string_view input, const HeadLimits& limits, RequestHead& head)
      : begin_(input.data()),
        at_(input.data()),
        end_(input.data() + input.size()),
        limits_(limits),
        head_(head) {}

  HeadResult run() {
    head_.headers.clear();
    head_.keep_alive = true;
    head_.chunked = false;
    head_.expects_continue = false;
    head_.content_length.reset();
    // One empty line before a request is forgiven: old clients send it after a body.
    if (at_ != end_ && *at_ == '\r' && !line_end(kBadLine)) return outcome();
    if (!request_line() || !fields() || !judge()) return outcome();
    head_.bytes = static_cast<std::size_t>(at_ - begin_);
    if (head_.bytes > limits_.max_bytes) return {HeadState::refused, &kLongHead};
    return {HeadState::complete, nullptr};
  }

 private:
  bool refuse(const Fault& fault) {
    fault_ = &fault;
    return false;
  }

  HeadResult outcome() const {
    if (fault_ != nullptr) return {HeadState::refused, fault_};
    const auto seen = static_cast<std::size_t>(end_ - begin_);
    if (in_target_ && seen > limits_.max_target_bytes + kLongestMethod)
      return {HeadState::refused, &kLongTarget};
    if (seen >= limits_.max_bytes) return {HeadState::refused, &kLongHead};
    return {HeadState::incomplete, nullptr};
  }

  // Takes characters of `kind` up to `stop`; false (incomplete) at the end of the input.
  bool take_until(CharKind kind, char stop, std::string_view& text, const Fault& fault) {
    const char* const from = at_;
    const char* at = at_;
    while (at != end_ && is_char(*at, kind)) ++at;
    at_ = at;
    if (at_ == end_) return false;
    if (*at_ != stop || at_ == from) return refuse(fault);
    text = {from, static_cast<std::size_t>(at_ - from)};
    ++at_;
    return true;
  }

  // A line ends in CRLF only.
  bool line_end(const Fault& fault) {
    if (end_ - at_ < 2) return at_ == end_ || *at_ == '\r' ? false : refuse(fault);
    if (at_[0] != '\r' || at_[1] != '\n') return refuse(fault);
    at_ += 2;
    return true;
  }

  bool request_line() {
    std::string_view method;
    if (static_cast<std::size_t>(end_ - at_) > kLongestMethod &&
        std::memchr(at_, ' ', kLongestMethod + 1) == nullptr)
      return refuse(is_char(*at_, kTokenChar) ? kBadMethod : kBadLine);
    if (!take_until(kTokenChar, ' ', method, kBadLine)) return false;
    if (!set_method(method)) return refuse(kBadMethod);
    in_target_ = true;
    if (!take_until(kTargetChar, ' ', head_.target, kBadTarget)) return false;
    in_target_ = false;
    if (head_.target.size() > limits_.max_target_bytes) return refuse(kLongTarget);
    return version() && line_end(kBadLine) && set_target();
  }

  bool version() {
    constexpr std::string_view kName = "HTTP/";
    const std::string_view rest{at_, static_cast<std::size_t>(end_ - at_)};
    const auto known = std::min(rest.size(), kName.size());
    if (rest.substr(0, known) != kName.substr(0, known)) return refuse(kBadLine);
    if (rest.size() < 8) return false;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!is_digit(rest[5]) || rest[6] != '.' || !is_digit(rest[7])) return refuse(kBadLine);
    if (rest[5] != '1' || rest[7] > '1') return refuse(kBadVersion);
    head_.http11 = rest[7] == '1';
    at_ += 8;
    return true;
  }

  bool set_method(std::string_view name) {
    for (const Method method : {Method::get, Method::post, Method::put, Method::del, Method::head,
                                Method::patch, Method::options})
      if (name == method_name(method)) {
        head_.method = method;
        return true;
      }
    return false;
  }

  bool set_target() {
    std::string_view& target = head_.target;
    if (target.front() != '/' && !(target == "*" && head_.method == Method::options)) {
      // Absolute form, as sent to proxies. The authority is whom the request is for (RFC
      // 9112 3.2.2).
      const auto scheme = target.find("://");
      if (scheme == std::string_view::npos) return refuse(kBadTarget);
      const auto name = target.substr(0, scheme);
      if (!equals_ignoring_case(name, "http") && !equals_ignoring_case(name, "https"))
        return refuse(kBadTarget);
      const auto rest = target.substr(scheme + 3);
      const auto slash = rest.find('/');
      if (slash == 0 || rest.empty() || rest.find('?') < slash) return refuse(kBadTarget);
      default_port_ = name.size() == 4 ? ":80" : ":443";
      authority_ = without_port(rest.substr(0, slash), default_port_);
      target = slash == std::string_view::npos ? std::string_view{"/"} : rest.substr(slash);
    }
    const auto question = target.find('?');
    head_.path = target.substr(0, question);
    head_.query =
        question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    return true;
  }

  bool fields() {
    for (;;) {
      if (at_ == end_) return false;
      if (*at_ == '\r') return line_end(kBadHeader);
      if (head_.headers.size() == limits_.max_headers) return refuse(kManyHeaders);
      // A space before the colon and a folded line (obs-fold) both fail as characters of a name.
      HeaderView field;
      if (!take_until(kTokenChar, ':', field.name, kBadHeader)) return false;
      const char* from = at_;
      for (at_ = skip_plain(begin_, at_, end_); at_ != end_ && is_char(*at_, kValueChar);)
        at_ = *at_ == '\t' ? at_ + 1 : skip_plain(begin_, at_ + 1, end_);
      field.value = trim({from, static_cast<std::size_t>(at_ - from)});
      if (!line_end(kBadHeader)) return false;
      head_.headers.push_back(field);
      if (!note(field)) return false;
    }
  }

  // The headers that frame the message.
  bool note(const HeaderView& field) {
    switch (field.name.size()) {
      case 4:
        return equals_ignoring_case(field.name, "host") ? note_host(field.value) : true;
      case 6:
        return equals_ignoring_case(field.name, "expect") ? note_expect(field.value) : true;
      case 10:
        if (equals_ignoring_case(field.name, "connection")) {
          closes_ = closes_ || list_has(field.value, "close");
          keeps_ = keeps_ || list_has(field.value, "keep-alive");
        }
        return true;
      case 14:
        return equals_ignoring_case(field.name, "content-length") ? note_length(field.value) : true;
      case 17:
        return equals_ignoring_case(field.name, "transfer-encoding") ? note_encoding(field.value)
                                                                     : true;
      default:
        return true;
    }
  }

  bool note_host(std::string_view value) {
    if (host_seen_ || value.empty()) return refuse(kBadHost);
    host_seen_ = true;
    host_ = value;
    const bool good = std::ranges::all_of(value, [](char c) { return is_char(c, kHostChar); });
    return good || refuse(kBadHost);
  }

  bool note_expect(std::string_view value) {
    if (!equals_ignoring_case(value, "100-continue")) return refuse(kBadExpect);
    head_.expects_continue = true;
    return true;
  }

  bool note_length(std::string_view value) {
    if (head_.content_length || value.empty() || value.size() > 18) return refuse(kBadLength);
    std::uint64_t length = 0;
    for (const char c : value) {
      if (c < '0' || c > '9') return refuse(kBadLength);
      length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    head_.content_length = length;
    return true;
  }

  bool note_encoding(std::string_view value) {
    if (head_.chunked || !equals_ignoring_case(value, "chunked")) return refuse(kBadEncoding);
    head_.chunked = true;
    return true;
  }

  // What only the whole head can tell.
  bool judge() {
    if (head_.http11 && !host_seen_) return refuse(kBadHost);
    if (host_seen_ && !authority_.empty() &&
        !equals_ignoring_case(authority_, without_port(host_, default_port_)))
      return refuse(kOtherHost);
    if (head_.chunked && (head_.content_length || !head_.http11)) return refuse(kBadLength);
    head_.keep_alive = !closes_ && (head_.http11 || keeps_);
    head_.expects_continue = head_.expects_continue && head_.http11;
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  const HeadLimits& limits_;
  RequestHead& head_;
  const Fault* fault_ = nullptr;
  std::string_view authority_;  // of an absolute form, without a default port
  std::string_view default_port_;
  std::string_view host_;
  bool in_target_ = false;
  bool host_seen_ = false;
  bool closes_ = false;
  bool keeps_ = false;
};

}  // namespace

HeadResult parse_head(std::string_view input, const HeadLimits& limits, RequestHead& head) {
  return HeadParser(input, limits, head).run();
}

}  // namespace http
