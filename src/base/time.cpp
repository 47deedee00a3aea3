#include "base/time.hpp"

namespace base {
namespace {

// Reads exactly `digits` decimal digits at `at` and moves past them; -1 when they are not there.
int read_digits(std::string_view text, std::size_t& at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char digit = text[at + i];
    if (digit < '0' || digit > '9') return -1;
    value = value * 10 + (digit - '0');
  }
  at += digits;
  return value;
}

bool read_char(std::string_view text, std::size_t& at, std::string_view allowed) {
  if (at >= text.size() || allowed.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

std::unexpected<Error> bad_time() {
  return fail(ErrorCode::invalid, "invalid_request",
              "Times are RFC 3339, for example 2026-11-22T10:00:00Z.");
}

// .123456 -> microseconds; more digits are cut.
std::int64_t read_fraction(std::string_view text, std::size_t& at) {
  std::int64_t micros = 0;
  std::int64_t scale = 100'000;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    micros += scale * (text[at] - '0');
    scale /= 10;
    ++at;
  }
  return micros;
}

// Right-aligned over `digits` places. By hand: an answer and its log line hold several instants.
template <class Number>
void write_digits(std::string& text, std::size_t at, std::size_t digits, Number value) {
  for (std::size_t i = digits; i-- > 0; value /= 10)
    text[at + i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string format_rfc3339(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<Millis>(at - day)};
  std::string text = "0000-00-00T00:00:00.000Z";
  write_digits(text, 0, 4, static_cast<int>(date.year()));
  write_digits(text, 5, 2, static_cast<unsigned>(date.month()));
  write_digits(text, 8, 2, static_cast<unsigned>(date.day()));
  write_digits(text, 11, 2, clock.hours().count());
  write_digits(text, 14, 2, clock.minutes().count());
  write_digits(text, 17, 2, clock.seconds().count());
  write_digits(text, 20, 3, clock.subseconds().count());
  return text;
}

Result<Instant> parse_rfc3339(std::string_view text) {
  std::size_t at = 0;
  const int year = read_digits(text, at, 4);
  if (!read_char(text, at, "-")) return bad_time();
  const int month = read_digits(text, at, 2);
  if (!read_char(text, at, "-")) return bad_time();
  const int day = read_digits(text, at, 2);
  if (year < 0 || month < 1 || day < 1) return bad_time();
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return bad_time();
  const Instant midnight{std::chrono::sys_days{date}};
  if (at == text.size()) return midnight;

  if (!read_char(text, at, "Tt ")) return bad_time();
  const int hour = read_digits(text, at, 2);
  if (!read_char(text, at, ":")) return bad_time();
  const int minute = read_digits(text, at, 2);
  if (!read_char(text, at, ":")) return bad_time();
  const int second = read_digits(text, at, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return bad_time();
  Instant result = midnight + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                   std::chrono::seconds{second};
  if (read_char(text, at, ".")) result += Micros{read_fraction(text, at)};

  if (read_char(text, at, "Zz")) return at == text.size() ? Result<Instant>{result} : bad_time();
  const bool east = at < text.size() && text[at] == '+';
  if (!read_char(text, at, "+-")) return bad_time();
  const int offset_hour = read_digits(text, at, 2);
  if (!read_char(text, at, ":")) return bad_time();
  const int offset_minute = read_digits(text, at, 2);
  if (offset_hour < 0 || offset_hour > 23 || offset_minute < 0 || offset_minute > 59 ||
      at != text.size())
    return bad_time();
  const auto offset = std::chrono::hours{offset_hour} + std::chrono::minutes{offset_minute};
  return east ? result - offset : result + offset;
}

}  // namespace base
