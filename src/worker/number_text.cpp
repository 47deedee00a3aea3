#include "worker/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>
#include "base/ascii.hpp"

namespace worker {
namespace {

using base::is_digit;

constexpr std::array<double, 23> kPowersOfTen{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::uint64_t kExactMantissa = 1ULL << 53U;
constexpr std::size_t kLongestNumber = 64;

// Plain digits with at most one point. A mantissa below 2^53 divided by a power of ten up to 10^22
// is correctly rounded (Clinger 1990), which covers almost every price.
std::optional<double> parse_plain(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 17) return std::nullopt;
  std::uint64_t mantissa = 0;
  std::size_t digits = 0;
  std::size_t point = text.size();
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '.' && point == text.size()) {
      point = index;
    } else if (is_digit(text[index])) {
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(text[index] - '0');
      ++digits;
    } else {
      return std::nullopt;
    }
  }
  if (digits == 0 || mantissa >= kExactMantissa) return std::nullopt;
  const std::size_t fraction = point == text.size() ? 0 : text.size() - point - 1;
  const double value = static_cast<double>(mantissa) / kPowersOfTen[fraction];
  return negative ? -value : value;
}

std::optional<double> parse_any(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range)  // 1e-999 is 0, 1e999 no number
    return text.find("e-") != std::string_view::npos ? std::optional<double>{0.0} : std::nullopt;
  return error == std::errc{} ? std::optional<double>{value} : std::nullopt;
}

bool equals_folded(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
}

bool is_missing(std::string_view text) {
  if (text.empty() || text == "-" || text == "#N/A") return true;
  return std::ranges::any_of(
      std::array<std::string_view, 6>{"null", "n/a", "na", "nan", "none", "<na>"},
      [&](auto word) { return equals_folded(text, word); });
}

bool is_infinite(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return equals_folded(text, "inf") || equals_folded(text, "infinity");
}

double suffix_factor(char letter) {
  switch (letter) {
    case 'K':
    case 'k':
      return 1e3;
    case 'M':
    case 'm':
      return 1e6;
    case 'B':
    case 'b':
      return 1e9;
    case 'T':
    case 't':
      return 1e12;
    default:
      return 0;
  }
}

void strip_prefix(std::string_view& text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
}

// Money signs, grouping, suffixes and parentheses off, the decimal mark as a point.
std::optional<double> parse_dressed(std::string_view text, char decimal) {
  bool negative = false;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    negative = true;
    text = text.substr(1, text.size() - 2);
  }
  if (!text.empty() && text.front() == '-') {
    negative = !negative;
    text.remove_prefix(1);
  }
  for (const std::string_view sign : {"$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5"})
    strip_prefix(text, sign);
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) return std::nullopt;
  double factor = 1;
  if (text.size() > 1 && suffix_factor(text.back()) > 0) {
    factor = suffix_factor(text.back());
    text.remove_suffix(1);
  } else if (text.size() > 1 && text.back() == '%') {
    text.remove_suffix(1);
  }
  if (text.empty() || text.size() > kLongestNumber) return std::nullopt;
  const char group = decimal == '.' ? ',' : '.';
  std::string plain;
  for (const char letter : text) {
    if (letter == group || letter == '\'' || letter == ' ' || letter == '\xC2' || letter == '\xA0')
      continue;
    plain.push_back(letter == decimal ? '.' : letter);
  }
  const auto value = parse_any(plain);
  if (!value) return std::nullopt;
  return (negative ? -*value : *value) * factor;
}

}  // namespace

ParsedNumber parse_number(std::string_view text, char decimal) {
  if (decimal == '.')
    if (const auto plain = parse_plain(text)) return {NumberKind::value, *plain};
  if (is_missing(text)) return {NumberKind::missing, 0};
  if (is_infinite(text)) return {NumberKind::infinite, 0};
  auto value = decimal == '.' ? parse_any(text) : std::nullopt;
  if (!value) value = parse_dressed(text, decimal);
  if (!value || !std::isfinite(*value)) return {NumberKind::unreadable, 0};
  return {NumberKind::value, *value};
}

DecimalHint decimal_hint(std::string_view text) {
  const auto points = std::ranges::count(text, '.');
  const auto commas = std::ranges::count(text, ',');
  if (points == 0 && commas == 0) return DecimalHint::none;
  if (points > 0 && commas > 0)
    return text.rfind('.') > text.rfind(',') ? DecimalHint::point : DecimalHint::comma;
  const char mark = points > 0 ? '.' : ',';
  if (points + commas > 1) return mark == '.' ? DecimalHint::comma : DecimalHint::point;
  const std::size_t at = text.find(mark);
  std::size_t digits = 0;
  while (at + 1 + digits < text.size() && is_digit(text[at + 1 + digits])) ++digits;
  const bool leading_zero = at == 1 && text.front() == '0';
  if (digits == 3 && at > 0 && at <= 3 && !leading_zero) return DecimalHint::either;
  return mark == '.' ? DecimalHint::point : DecimalHint::comma;
}

}  // namespace worker
