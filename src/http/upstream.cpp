#include "http/upstream.hpp"

namespace http {
namespace {

constexpr int kFailuresInARow = 3;
constexpr base::Micros kPause = std::chrono::seconds{1};

std::int64_t micros(base::Instant at) { return at.time_since_epoch().count(); }

}  // namespace

bool Upstream::may_try(base::Instant now) {
  auto next = next_try_us_.load(std::memory_order_relaxed);
  if (next == 0) return true;
  // Whoever moves the mark is the one that tries.
  return micros(now) >= next && next_try_us_.compare_exchange_strong(next, micros(now + kPause));
}

void Upstream::note_reached() {
  if (unreachable_in_a_row_.load(std::memory_order_relaxed) == 0) return;
  unreachable_in_a_row_ = 0;
  next_try_us_ = 0;
}

void Upstream::note_unreachable(base::Instant now) {
  if (++unreachable_in_a_row_ >= kFailuresInARow) next_try_us_ = micros(now + kPause);
}

UpstreamHealth Upstream::health() const {
  return {.up = next_try_us_ == 0, .requests = requests_, .failures = failures_};
}

}  // namespace http
