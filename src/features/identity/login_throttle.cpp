#include "features/identity/login_throttle.hpp"

#include <algorithm>

namespace identity {
namespace {

using std::chrono::seconds;

// Failures older than this are forgotten.
constexpr std::chrono::hours kMemory{24};

seconds pause_after(int over) {
  if (over < 0) return seconds{0};
  return std::min(LoginThrottle::kLongestPause, seconds{std::int64_t{1} << std::min(over, 20)});
}

}  // namespace

void LoginThrottle::touch(Failures& failures) {
  by_age_.splice(by_age_.begin(), by_age_, failures.age);
}

std::optional<seconds> LoginThrottle::admit(const std::string& key, base::Instant now) {
  const std::lock_guard lock(mutex_);
  auto [at, fresh] = failures_.try_emplace(key);
  Failures& failures = at->second;
  if (fresh) {
    by_age_.push_front(key);
    failures.age = by_age_.begin();
    if (failures_.size() > max_keys_) {
      failures_.erase(by_age_.back());
      by_age_.pop_back();
    }
  } else {
    touch(failures);
  }
  if (failures.last + kMemory < now) failures.count = 0;
  if (failures.count >= free_tries_ && failures.blocked_until > now)
    return std::chrono::ceil<seconds>(failures.blocked_until - now);
  ++failures.count;
  failures.last = now;
  failures.blocked_until = now + pause_after(failures.count - free_tries_);
  return std::nullopt;
}

void LoginThrottle::succeeded(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = failures_.find(key);
  if (at == failures_.end()) return;
  by_age_.erase(at->second.age);
  failures_.erase(at);
}

void LoginThrottle::withdraw(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = failures_.find(key);
  if (at == failures_.end() || at->second.count == 0) return;
  --at->second.count;
  at->second.blocked_until = at->second.last;
}

}  // namespace identity
