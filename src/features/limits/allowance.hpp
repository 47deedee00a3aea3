// Allowances: how much a subject may do in a window of time, as configured ("600/minute").
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace limits {

struct Allowance {
  constexpr Allowance() = default;
  constexpr Allowance(std::int64_t its_count, std::chrono::nanoseconds its_window)
      : count(its_count),
        window(its_window),
        interval((its_window.count() + its_count - 1) / its_count) {}
  std::int64_t count = 0;               // requests of cost 1; 1..1,000,000
  std::chrono::nanoseconds window{};    // 1 s .. 366 days
  std::chrono::nanoseconds interval{};  // between two, rounded up; kept: a division is dear here
  bool operator==(const Allowance&) const = default;
};

// "600/minute", "50/hour", "200/day", "5/second", "10/30s", "100/15m", "1000/6h", "1/7d"; `invalid`
// otherwise.
[[nodiscard]] base::Result<Allowance> parse_allowance(std::string_view text);

// Up to four allowances that hold at once, with what is derived from them. Made at start-up;
// outlives the requests that it limits.
class AllowanceSet {
 public:
  static constexpr std::size_t kMax = 4;

  AllowanceSet() = default;  // no limit
  // `invalid` when a text is wrong, there are more than four, or two have the same window.
  [[nodiscard]] static base::Result<AllowanceSet> parse(std::span<const std::string> texts);

  [[nodiscard]] std::span<const Allowance> allowances() const {
    return {allowances_.data(), size_};
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // Differs between sets that differ: what was counted under another set does not carry over.
  [[nodiscard]] std::uint32_t fingerprint() const { return fingerprint_; }
  // RateLimit-Policy: "hour";q=50;w=3600, "day";q=200;w=86400
  // RateLimit: "hour"
  // with `tightest` the index of the allowance in the second line, which append_rate_limit() ends.
  [[nodiscard]] std::string_view header_lines(std::size_t tightest) const {
    return header_lines_[tightest];
  }

 private:
  std::array<Allowance, kMax> allowances_{};
  std::size_t size_ = 0;
  std::uint32_t fingerprint_ = 0;
  std::array<std::string, kMax> header_lines_{};
};

// Appends header_lines() and ;r=49;t=30 behind them.
void append_rate_limit(std::string& out, std::string_view header_lines, std::int64_t remaining,
                       std::int64_t reset_seconds);

}  // namespace limits
