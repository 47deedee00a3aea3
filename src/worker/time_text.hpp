// Dates and times as price files write them. Pure. Years 1800 to 2199.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace worker {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

enum class DateShape : std::uint8_t {
  ymd,      // 2024-03-01, 2024/3/1, 2024.03.01, 20240301
  mdy,      // 3/1/2024, 03-01-24
  dmy,      // 1.3.2024
  epoch_s,  // since 1970, UTC
  epoch_ms,
  epoch_us,
  epoch_ns,
};

struct ParsedTime {
  std::int64_t local_micros = 0;                 // since 1970 on the wall clock of the file
  std::optional<std::int32_t> offset_seconds{};  // when the text itself says it: local - UTC
  bool has_time = false;
};

// A date with an optional time after a blank, 'T' or ','; then Z, +01:00, +0100 or nothing.
[[nodiscard]] std::optional<ParsedTime> parse_date_time(std::string_view text, DateShape shape);
// HHMMSS, HHMM, HH:MM[:SS[.ffffff]], with AM/PM: microseconds of the day.
[[nodiscard]] std::optional<std::int64_t> parse_time_of_day(std::string_view text);
// Days since 1970; nullopt when there is no such day.
[[nodiscard]] std::optional<std::int64_t> days_from_civil(std::int64_t year, unsigned month,
                                                          unsigned day);

// Evidence about the order of day, month and year in one column, value by value.
class DateOrderEvidence {
 public:
  void add(std::string_view text);
  enum class Verdict : std::uint8_t { unreadable, decided, ambiguous };
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] DateShape shape() const;
  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }
  // True when M/D and D/M both fit every value, however the tie was broken.
  [[nodiscard]] bool both_fit() const;

 private:
  struct Reading {
    std::uint64_t fits = 0;
    std::uint64_t weekends = 0;
    std::uint64_t rises = 0;
    std::uint64_t falls = 0;
    std::int64_t previous = 0;
    unsigned months = 0;  // bit 1 is January
    std::int64_t first_year = 0;
    bool several_years = false;
    void add(std::int64_t days);
    [[nodiscard]] bool steady() const { return rises == 0 || falls == 0; }
    // The same single month of several years: the first of every month, read the wrong way round.
    [[nodiscard]] bool odd() const { return several_years && (months & (months - 1)) == 0; }
  };
  void add_epoch(std::uint64_t value);
  Reading ymd_, mdy_, dmy_;
  std::uint64_t epochs_[4]{};
  std::uint64_t seen_ = 0;
  std::uint64_t unreadable_ = 0;
};

}  // namespace worker
