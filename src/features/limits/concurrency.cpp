#include "features/limits/concurrency.hpp"

#include <mutex>
#include <unordered_map>

#include <fmt/format.h>

namespace limits {

struct ConcurrencyLimiter::State {
  mutable std::mutex mutex;
  std::unordered_map<base::AccountId, std::int64_t> running{};  // only accounts that run something
};

ConcurrencyLimiter::Permit::Permit(std::shared_ptr<State> state, base::AccountId account)
    : state_(std::move(state)), account_(account) {}

ConcurrencyLimiter::Permit::~Permit() {
  if (!state_) return;  // moved from
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->running.find(account_);
  if (--found->second == 0) state_->running.erase(found);
}

ConcurrencyLimiter::ConcurrencyLimiter() : state_(std::make_shared<State>()) {}

base::Result<ConcurrencyLimiter::Permit> ConcurrencyLimiter::acquire(base::AccountId account,
                                                                     std::int64_t max) {
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->running.find(account);
    const auto running = found == state_->running.end() ? 0 : found->second;
    if (running < max) {
      ++state_->running[account];
      return Permit{state_, account};
    }
  }
  base::Error error{base::ErrorCode::rate_limited,
                    "too_many_queries",
                    fmt::format("Your plan runs {} at the same time. Wait for one to end.", max),
                    {},
                    {},
                    {}};
  error.members.push_back({"retry_after_seconds", "1"});
  return std::unexpected(std::move(error));
}

std::int64_t ConcurrencyLimiter::running(base::AccountId account) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->running.find(account);
  return found == state_->running.end() ? 0 : found->second;
}

}  // namespace limits
