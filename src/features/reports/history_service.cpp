#include "features/reports/history_service.hpp"

#include <utility>

namespace reports {
namespace {

// A report is at most so old when the lane keeps up.
constexpr auto kFreshEnough = std::chrono::seconds{1};

const std::string& text_of(const base::Error& error) {
  return error.detail.empty() ? error.message : error.detail;
}

}  // namespace

HistoryService::HistoryService(HistoryOptions options, sql::Database& database,
                               const base::Clock& clock, base::Timers& timers, base::Log& log)
    : options_(options),
      clock_(clock),
      timers_(timers),
      log_(log),
      follower_(std::move(options), database, clock, activity_),
      lane_(options_.max_waiting) {}

HistoryService::~HistoryService() { stop(); }

void HistoryService::start() {
  {
    const std::scoped_lock lock(mutex_);
    started_ = true;
  }
  lane_.post([this] {
    look();
    schedule();
  });
}

void HistoryService::schedule() {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return;
  timer_ = timers_.at(clock_.now() + options_.interval, lane_, [this] {
    look();
    schedule();
  });
}

void HistoryService::stop() {
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    if (timer_) timers_.cancel(*timer_);
    if (started_) lane_.post([this] { look(); });
  }
  lane_.stop();
}

void HistoryService::look() {
  looked_at_ = clock_.now();
  const auto looked = follower_.look();
  const std::scoped_lock lock(mutex_);
  if (!looked && health_.ok) log_.error("history_failed", {{"detail", text_of(looked.error())}});
  if (looked && !health_.ok) log_.info("history_recovered", {});
  health_.ok = looked.has_value();
  health_.last_error = looked ? "" : text_of(looked.error());
  health_.as_of = follower_.as_of();
}

base::Task<base::Result<UsageReport>> HistoryService::usage(UsageQuery query) {
  base::Completion<base::Result<UsageReport>> done;
  const bool taken =
      lane_.try_post([this, query = std::move(query), sender = done.sender()]() mutable {
        if (clock_.now() - looked_at_ > kFreshEnough) look();
        sender.set(follower_.usage(query));
      });
  if (!taken)
    co_return base::fail(base::ErrorCode::overloaded, "overloaded",
                         "Many reports are being made. Please try again in a moment.");
  auto report = co_await done;
  co_return report;
}

HistoryHealth HistoryService::health() const {
  const std::scoped_lock lock(mutex_);
  auto health = health_;
  health.dropped = activity_.dropped();
  return health;
}

}  // namespace reports
