#include "worker/time_text.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "worker/text_lines.hpp"

namespace worker {
namespace {

using base::is_digit;

// Takes digits off the front, at most `most`; nullopt when there are none.
std::optional<std::int64_t> take_number(std::string_view& text, std::size_t most) {
  std::int64_t value = 0;
  std::size_t count = 0;
  while (count < most && count < text.size() && is_digit(text[count]))
    value = value * 10 + (text[count++] - '0');
  if (count == 0) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char letter) {
  if (text.empty() || text.front() != letter) return false;
  text.remove_prefix(1);
  return true;
}

std::size_t leading_digits(std::string_view text) {
  const auto* end = std::ranges::find_if_not(text, is_digit);
  return static_cast<std::size_t>(end - text.begin());
}

struct DateParts {
  std::int64_t first = 0, second = 0, third = 0;
  std::size_t first_digits = 0, third_digits = 0;
};

// "a/b/c" with the same separator twice, or eight digits; the rest stays in `text`.
std::optional<DateParts> take_parts(std::string_view& text) {
  DateParts parts;
  parts.first_digits = leading_digits(text);
  if (parts.first_digits == 8) {
    parts.first = *take_number(text, 4);
    parts.second = *take_number(text, 2);
    parts.third = *take_number(text, 2);
    parts.first_digits = 4;
    parts.third_digits = 2;
    return parts;
  }
  const auto first = take_number(text, 4);
  if (!first || text.empty()) return std::nullopt;
  const char separator = text.front();
  if (separator != '-' && separator != '/' && separator != '.') return std::nullopt;
  text.remove_prefix(1);
  const auto second = take_number(text, 2);
  if (!second || !take(text, separator)) return std::nullopt;
  parts.third_digits = leading_digits(text);
  const auto third = take_number(text, 4);
  if (!third) return std::nullopt;
  parts.first = *first;
  parts.second = *second;
  parts.third = *third;
  return parts;
}

std::int64_t full_year(std::int64_t year, std::size_t digits) {
  if (digits > 2) return year;
  return year < 69 ? 2000 + year : 1900 + year;
}

std::optional<std::int64_t> days_of(const DateParts& parts, DateShape shape) {
  const auto small = [](std::int64_t value) { return static_cast<unsigned>(value); };
  if (shape == DateShape::ymd) {
    if (parts.first_digits != 4 || parts.third_digits > 2) return std::nullopt;
    return days_from_civil(parts.first, small(parts.second), small(parts.third));
  }
  if (parts.first_digits > 2 || (parts.third_digits != 2 && parts.third_digits != 4))
    return std::nullopt;
  const std::int64_t year = full_year(parts.third, parts.third_digits);
  return shape == DateShape::mdy ? days_from_civil(year, small(parts.first), small(parts.second))
                                 : days_from_civil(year, small(parts.second), small(parts.first));
}

// Z, +HH:MM, +HHMM, +HH at the end of `text`; takes it off.
std::optional<std::int32_t> take_offset(std::string_view& text) {
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
    return 0;
  }
  const std::size_t at = text.find_last_of("+-");
  if (at == std::string_view::npos || at < 4) return std::nullopt;
  std::string_view rest = text.substr(at + 1);
  const auto hours = take_number(rest, 2);
  take(rest, ':');
  const auto minutes = rest.empty() ? std::optional<std::int64_t>{0} : take_number(rest, 2);
  if (!hours || !minutes || !rest.empty() || *hours > 15 || *minutes > 59) return std::nullopt;
  const auto seconds = static_cast<std::int32_t>(*hours * 3600 + *minutes * 60);
  const bool west = text[at] == '-';
  text = trim(text.substr(0, at));
  return west ? -seconds : seconds;
}

std::int64_t epoch_micros(std::int64_t value, DateShape shape) {
  if (shape == DateShape::epoch_s) return value * kMicrosPerSecond;
  if (shape == DateShape::epoch_ms) return value * 1000;
  return shape == DateShape::epoch_us ? value : value / 1000;
}

std::optional<ParsedTime> parse_epoch(std::string_view text, DateShape shape) {
  const auto value = take_number(text, 19);
  if (!value || *value < 0) return std::nullopt;
  // Tools that read seconds as floating point write "1700000000.0".
  if (take(text, '.') && leading_digits(text) == text.size()) text = {};
  const std::int64_t most = shape == DateShape::epoch_s ? 7'000'000'000LL : INT64_MAX / 1000;
  if (!text.empty() ||
      (*value > most && shape != DateShape::epoch_us && shape != DateShape::epoch_ns))
    return std::nullopt;
  return ParsedTime{epoch_micros(*value, shape), 0, true};
}

}  // namespace

std::optional<std::int64_t> days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  constexpr unsigned kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1800 || year > 2199 || month < 1 || month > 12 || day < 1 || day > kDays[month - 1])
    return std::nullopt;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2 && day == 29 && !leap) return std::nullopt;
  // Hinnant, chrono-Compatible Low-Level Date Algorithms.
  const std::int64_t shifted = month <= 2 ? year - 1 : year;
  const std::int64_t era = shifted / 400;
  const std::int64_t of_era = shifted - era * 400;
  const std::int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

std::optional<std::int64_t> parse_time_of_day(std::string_view text) {
  text = trim(text);
  bool afternoon = false;
  bool twelve_hours = false;
  if (text.size() > 2 && (text.back() == 'M' || text.back() == 'm')) {
    const char half = text[text.size() - 2];
    afternoon = half == 'P' || half == 'p';
    twelve_hours = afternoon || half == 'A' || half == 'a';
    if (!twelve_hours) return std::nullopt;
    text = trim(text.substr(0, text.size() - 2));
  }
  const std::size_t digits = leading_digits(text);
  const bool compact = digits >= 3 && digits == text.size() && digits <= 6;
  std::string_view rest = text;
  if (compact && digits % 2 == 1) {  // 93000 is 09:30:00, its zero lost
    char padded[6] = {'0'};
    std::ranges::copy(text, padded + 1);
    return parse_time_of_day({padded, digits + 1});
  }
  const auto hour = take_number(rest, 2);
  if (!hour || (!compact && !take(rest, ':'))) return std::nullopt;
  const auto minute = take_number(rest, 2);
  if (!minute) return std::nullopt;
  std::int64_t second = 0;
  std::int64_t micros = 0;
  if (compact ? !rest.empty() : take(rest, ':')) {
    const auto seconds = take_number(rest, 2);
    if (!seconds) return std::nullopt;
    second = *seconds;
    if (take(rest, '.')) {
      std::int64_t unit = 100'000;
      while (!rest.empty() && is_digit(rest.front())) {
        micros += (rest.front() - '0') * unit;
        unit /= 10;
        rest.remove_prefix(1);
      }
    }
  }
  std::int64_t of_day = *hour;
  if (twelve_hours) {
    if (of_day < 1 || of_day > 12) return std::nullopt;
    of_day = of_day % 12 + (afternoon ? 12 : 0);
  }
  if (!rest.empty() || of_day > 23 || *minute > 59 || second > 59) return std::nullopt;
  return ((of_day * 60 + *minute) * 60 + second) * kMicrosPerSecond + micros;
}

std::optional<ParsedTime> parse_date_time(std::string_view text, DateShape shape) {
  if (shape >= DateShape::epoch_s) return parse_epoch(text, shape);
  const auto parts = take_parts(text);
  if (!parts) return std::nullopt;
  const auto days = days_of(*parts, shape);
  if (!days) return std::nullopt;
  ParsedTime parsed{*days * kMicrosPerDay, std::nullopt, false};
  if (text.empty()) return parsed;
  if (!take(text, 'T') && !take(text, ' ') && !take(text, ',')) return std::nullopt;
  text = trim(text);
  parsed.offset_seconds = take_offset(text);
  const auto micros = parse_time_of_day(text);
  if (!micros) return std::nullopt;
  parsed.local_micros += *micros;
  parsed.has_time = true;
  return parsed;
}

}  // namespace worker
