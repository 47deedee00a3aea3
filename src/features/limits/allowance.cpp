#include "features/limits/allowance.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/decimal.hpp"
#include "base/text_pieces.hpp"

namespace limits {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::int64_t kMaxCount = 1'000'000;
constexpr seconds kMaxWindow = std::chrono::days{366};

struct Unit {
  std::string_view word;
  std::string_view letter;
  std::int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits = {
    {{"second", "s", 1}, {"minute", "m", 60}, {"hour", "h", 3'600}, {"day", "d", 86'400}}};

// A whole positive number at the front of `text`, which moves past it.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || number < 1) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<seconds> parse_window(std::string_view text) {
  for (const auto& unit : kUnits)
    if (text == unit.word) return seconds{unit.seconds};
  const auto many = take_number(text);
  if (!many || *many > kMaxWindow.count()) return std::nullopt;
  for (const auto& unit : kUnits)
    if (text == unit.letter) return seconds{*many * unit.seconds};
  return std::nullopt;
}

std::string name_of(seconds window) {
  for (const auto& unit : kUnits)
    if (window.count() == unit.seconds) return std::string(unit.word);
  return fmt::format("{}s", window.count());
}

std::unexpected<base::Error> wrong(std::string message) {
  return base::fail(base::ErrorCode::invalid, "invalid_request", std::move(message));
}

std::uint32_t mix(std::uint32_t hash, std::int64_t value) {
  for (int i = 0; i < 8; ++i) {
    hash = (hash ^ static_cast<std::uint32_t>(value & 0xFF)) * 0x01000193U;  // FNV-1a
    value >>= 8;
  }
  return hash;
}

}  // namespace

base::Result<Allowance> parse_allowance(std::string_view text) {
  auto rest = text;
  const auto count = take_number(rest);
  const bool slash = rest.starts_with('/');
  const auto window = slash ? parse_window(rest.substr(1)) : std::nullopt;
  if (!count || *count > kMaxCount || !window || *window > kMaxWindow)
    return wrong(fmt::format(
        "\"{}\" is no allowance: write for example 600/minute, 50/hour, 200/day or 10/30s.", text));
  return Allowance{*count, *window};
}

base::Result<AllowanceSet> AllowanceSet::parse(std::span<const std::string> texts) {
  if (texts.size() > kMax) return wrong("At most four allowances hold at once.");
  AllowanceSet set;
  std::array<std::string, kMax> names;
  std::string policy;
  set.fingerprint_ = 0x811C9DC5U;
  for (const auto& text : texts) {
    RL_TRY(const auto allowance, parse_allowance(text));
    const auto window = std::chrono::duration_cast<seconds>(allowance.window);
    const auto same = [&](const Allowance& other) { return other.window == allowance.window; };
    if (std::ranges::any_of(set.allowances(), same))
      return wrong(fmt::format("\"{}\": two allowances for the same window.", text));
    names[set.size_] = name_of(window);
    policy += fmt::format("{}\"{}\";q={};w={}", set.size_ == 0 ? "" : ", ", names[set.size_],
                          allowance.count, window.count());
    set.allowances_[set.size_++] = allowance;
    set.fingerprint_ = mix(mix(set.fingerprint_, allowance.count), allowance.window.count());
  }
  for (std::size_t i = 0; i < set.size_; ++i)
    set.header_lines_[i] =
        fmt::format("RateLimit-Policy: {}\r\nRateLimit: \"{}\"", policy, names[i]);
  return set;
}

void append_rate_limit(std::string& out, std::string_view header_lines, std::int64_t remaining,
                       std::int64_t reset_seconds) {
  base::append_pieces(out, header_lines, ";r=", base::DecimalText{remaining},
                      ";t=", base::DecimalText{reset_seconds}, "\r\n");
}

}  // namespace limits
