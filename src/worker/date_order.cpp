// Which of day, month and year comes first. Any value that fits one reading only decides; else the
// reading in which days run in one direction, then the one that does not see the same month of
// every year, then the one without trading on weekends.
#include <algorithm>
#include <chrono>

#include "worker/time_text.hpp"

namespace worker {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.size() < 20 &&
         std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

bool is_weekend(std::int64_t days) {
  const std::int64_t weekday = (days % 7 + 7 + 3) % 7;  // 1970-01-01 was a Thursday; Monday is 0
  return weekday >= 5;
}

constexpr DateShape kEpochs[] = {DateShape::epoch_s, DateShape::epoch_ms, DateShape::epoch_us,
                                 DateShape::epoch_ns};

}  // namespace

void DateOrderEvidence::Reading::add(std::int64_t days) {
  if (is_weekend(days)) ++weekends;
  if (fits > 0 && days > previous) ++rises;
  if (fits > 0 && days < previous) ++falls;
  const std::chrono::year_month_day civil{std::chrono::sys_days{std::chrono::days{days}}};
  const auto year = static_cast<std::int64_t>(static_cast<int>(civil.year()));
  if (fits == 0) first_year = year;
  several_years = several_years || year != first_year;
  months |= 1U << static_cast<unsigned>(civil.month());
  previous = days;
  ++fits;
}

void DateOrderEvidence::add_epoch(std::uint64_t value) {
  if (value >= 1'0000'0000ULL && value < 4'000'000'000ULL) ++epochs_[0];
  if (value >= 100'000'000'000ULL && value < 4'000'000'000'000ULL) ++epochs_[1];
  if (value >= 100'000'000'000'000ULL && value < 4'000'000'000'000'000ULL) ++epochs_[2];
  if (value >= 100'000'000'000'000'000ULL && value < 4'000'000'000'000'000'000ULL) ++epochs_[3];
}

void DateOrderEvidence::add(std::string_view text) {
  ++seen_;
  std::string_view whole = text.substr(0, text.find('.'));
  const bool epoch = all_digits(whole) && whole.size() > 8;
  if (epoch) {
    std::uint64_t value = 0;
    for (const char letter : whole) value = value * 10 + static_cast<std::uint64_t>(letter - '0');
    add_epoch(value);
    return;
  }
  bool fits = false;
  const auto try_shape = [&](DateShape shape, Reading& reading) {
    if (const auto parsed = parse_date_time(text, shape)) {
      reading.add(parsed->local_micros / kMicrosPerDay -
                  (parsed->local_micros % kMicrosPerDay < 0 ? 1 : 0));
      fits = true;
    }
  };
  try_shape(DateShape::ymd, ymd_);
  try_shape(DateShape::mdy, mdy_);
  try_shape(DateShape::dmy, dmy_);
  if (!fits) ++unreadable_;
}

bool DateOrderEvidence::both_fit() const { return mdy_.fits > 0 && mdy_.fits == dmy_.fits; }

DateOrderEvidence::Verdict DateOrderEvidence::verdict() const {
  const std::uint64_t epochs = *std::ranges::max_element(epochs_);
  const std::uint64_t best = std::max({ymd_.fits, mdy_.fits, dmy_.fits, epochs});
  if (best == 0 || best * 2 < seen_) return Verdict::unreadable;
  if (ymd_.fits == best || epochs == best || mdy_.fits != dmy_.fits) return Verdict::decided;
  // One value or one day says nothing about direction.
  const bool mdy_moves = mdy_.rises + mdy_.falls > 1;
  const bool dmy_moves = dmy_.rises + dmy_.falls > 1;
  if (mdy_moves && dmy_moves && mdy_.steady() != dmy_.steady()) return Verdict::decided;
  if (mdy_.odd() != dmy_.odd()) return Verdict::decided;
  const auto few = [](const Reading& reading) { return reading.weekends * 100 <= reading.fits; };
  if (mdy_.fits >= 5 && few(mdy_) != few(dmy_)) return Verdict::decided;
  return Verdict::ambiguous;
}

DateShape DateOrderEvidence::shape() const {
  const auto* epoch = std::ranges::max_element(epochs_);
  const std::uint64_t best = std::max({ymd_.fits, mdy_.fits, dmy_.fits, *epoch});
  if (*epoch == best) return kEpochs[epoch - epochs_];
  if (ymd_.fits == best) return DateShape::ymd;
  if (mdy_.fits != dmy_.fits) return mdy_.fits > dmy_.fits ? DateShape::mdy : DateShape::dmy;
  if (mdy_.steady() == dmy_.steady() && mdy_.odd() != dmy_.odd())
    return mdy_.odd() ? DateShape::dmy : DateShape::mdy;
  if (mdy_.steady() != dmy_.steady()) return mdy_.steady() ? DateShape::mdy : DateShape::dmy;
  return mdy_.weekends <= dmy_.weekends ? DateShape::mdy : DateShape::dmy;
}

}  // namespace worker
