// When to fetch the key set of the application beside us, as a pure value: no clock, no I/O.
//   - a set serves for ten minutes, as long as the issuer's own cache;
//   - a kid that it lacks is a reason to fetch at once, but not within 30 s of the last attempt,
//     so that a flood of invented kids costs two calls a minute;
//   - after failures the pause doubles, up to ten minutes;
//   - without success the last good set serves for an hour, then nobody gets in.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/time.hpp"

namespace identity {

class JwksSchedule {
 public:
  static constexpr std::chrono::minutes kFresh{10};
  static constexpr std::chrono::minutes kAhead{5};  // renewed in the background from here on
  static constexpr std::chrono::minutes kUsable{60};
  static constexpr std::chrono::seconds kShortestPause{30};
  static constexpr std::chrono::minutes kLongestPause{10};

  // Must a request that needs a key wait for a fetch first?
  [[nodiscard]] bool must_fetch(base::Instant now, bool key_known) const {
    return may_fetch(now) && (!key_known || !fresh(now));
  }
  [[nodiscard]] bool fresh(base::Instant now) const { return within(now, kFresh); }
  // Nobody waits, but a new set should be under way.
  [[nodiscard]] bool should_fetch(base::Instant now) const {
    return may_fetch(now) && !within(now, kAhead);
  }
  // May the last set still be used?
  [[nodiscard]] bool usable(base::Instant now) const { return within(now, kUsable); }

  void started(base::Instant now) { last_attempt_ = now; }
  void succeeded(base::Instant now) {
    last_success_ = now;
    failures_ = 0;
  }
  void failed() { ++failures_; }
  [[nodiscard]] int failures() const { return failures_; }
  [[nodiscard]] std::optional<base::Instant> last_success() const { return last_success_; }

 private:
  [[nodiscard]] bool within(base::Instant now, base::Micros age) const {
    return last_success_ && now - *last_success_ < age;
  }
  [[nodiscard]] bool may_fetch(base::Instant now) const {
    return !last_attempt_ || now - *last_attempt_ >= pause();
  }
  [[nodiscard]] base::Micros pause() const {
    const base::Micros doubled =
        kShortestPause * (1LL << std::min(failures_ > 0 ? failures_ - 1 : 0, 10));
    return std::min<base::Micros>(doubled, kLongestPause);
  }

  std::optional<base::Instant> last_attempt_;
  std::optional<base::Instant> last_success_;
  int failures_ = 0;
};

}  // namespace identity
