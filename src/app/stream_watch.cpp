#include "app/stream_watch.hpp"

#include <algorithm>

namespace app {
namespace {

constexpr base::Millis kSweepEvery{1'000};
constexpr base::Millis kLookEvery{5'000};

base::Instant next_look(base::Instant now, base::Instant expires_at) {
  const auto next = now + kLookEvery;
  return expires_at > now ? std::min(next, expires_at) : next;
}

}  // namespace

StreamWatch::StreamWatch(identity::Authenticator& identity, const base::Clock& clock,
                         base::Timers& timers, base::Executor& executor)
    : identity_(identity), clock_(clock), timers_(timers), executor_(executor) {}

void StreamWatch::add(http::Exchange& exchange) {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    free_.push_back(entries_.size());
    entries_.emplace_back();
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  entries_[index] = {.exchange = &exchange,
                     .loop = exchange.loop,
                     .due = next_look(exchange.request.arrived, exchange.caller.expires_at),
                     .serial = ++serial_};
  exchange.notes.watched = index + 1;
}

void StreamWatch::remove(http::Exchange& exchange) {
  if (exchange.notes.watched == 0) return;
  const std::lock_guard lock(mutex_);
  const std::size_t index = exchange.notes.watched - 1;
  entries_[index] = {};
  free_.push_back(index);
  exchange.notes.watched = 0;
}

void StreamWatch::start() {
  const std::lock_guard lock(mutex_);
  running_ = true;
  timer_ = timers_.at(clock_.now() + kSweepEvery, executor_, [this] { sweep(); });
}

void StreamWatch::stop() {
  const std::lock_guard lock(mutex_);
  running_ = false;
  if (timer_) timers_.cancel(*timer_);
  timer_.reset();
}

void StreamWatch::sweep() {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (!running_) return;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.exchange == nullptr || entry.due > now) continue;
    entry.due = now + kLookEvery;
    entry.loop->post([this, place = Place{i, entry.serial}] { look(place); });
  }
  timer_ = timers_.at(now + kSweepEvery, executor_, [this] { sweep(); });
}

// On the exchange's loop, where the request may be read.
void StreamWatch::look(Place place) {
  const std::lock_guard lock(mutex_);
  const Entry* const entry = find(place);
  if (entry == nullptr) return;
  const http::Exchange& exchange = *entry->exchange;
  executor_.post(
      [this, place, scope = exchange.route->policy.scope,
       sent = identity::Authenticator::sent_by(exchange.request, clock_.now())]() mutable {
        base::start(check(place, std::move(sent), scope));
      });
}

base::Task<void> StreamWatch::check(Place place, identity::Authenticator::Sent sent,
                                    http::Scope scope) {
  auto caller = co_await identity_.look_again(std::move(sent));
  if (caller && caller->scopes.has(scope)) co_return keep(place, caller->expires_at);
  if (caller)
    co_return cut(place, {base::ErrorCode::forbidden,
                          "insufficient_scope",
                          "Your role or key does not allow this any more.",
                          {},
                          {},
                          {}});
  // What cannot be looked up now (a key set or the store is away) is no refusal.
  const auto code = caller.error().code;
  if (code == base::ErrorCode::unauthenticated || code == base::ErrorCode::forbidden)
    cut(place, std::move(caller.error()));
}

void StreamWatch::keep(Place place, base::Instant expires_at) {
  const std::lock_guard lock(mutex_);
  if (Entry* const entry = find(place)) entry->due = next_look(clock_.now(), expires_at);
}

void StreamWatch::cut(Place place, base::Error why) {
  const std::lock_guard lock(mutex_);
  const Entry* const entry = find(place);
  if (entry == nullptr) return;
  entry->loop->post([this, place, why = std::move(why)]() mutable {
    std::shared_ptr<http::Interrupt> interrupt;
    {
      const std::lock_guard again(mutex_);
      const Entry* const still = find(place);
      if (still == nullptr) return;
      interrupt = still->exchange->interruptible();
    }
    if (interrupt->cut) return;
    interrupt->cut = std::move(why);
    interrupt->notify();  // may end the exchange, which is removed then
  });
}

StreamWatch::Entry* StreamWatch::find(Place place) {
  Entry& entry = entries_[place.index];
  return entry.exchange != nullptr && entry.serial == place.serial ? &entry : nullptr;
}

}  // namespace app
