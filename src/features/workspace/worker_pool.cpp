// The pool's public face (any thread) and the turn of its I/O thread.
#include "features/workspace/worker_pool.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>

#include "features/workspace/worker_errors.hpp"
#include "features/workspace/worker_pool_state.hpp"

namespace workspace {
namespace {

constexpr std::uint64_t kAlarm = 0;  // epoll keys: else serial * 2, + 1 for the pidfd

}  // namespace

WorkerPool::WorkerPool(PoolOptions options, const base::Clock& clock, base::Log& log,
                       ReadyHook on_ready)
    : state_(std::make_unique<State>(*this, std::move(options), clock, log, std::move(on_ready))) {}

WorkerPool::~WorkerPool() { stop(); }

WorkerCall WorkerPool::call(base::AccountId account, wire::FrameType type, std::string payload,
                            CallLimits limits) {
  auto call = std::make_shared<CallState>();
  call->account = account;
  call->type = type;
  call->payload = std::move(payload);
  call->limits = limits;
  post([state = state_.get(), call] { state->submit(call); });
  return WorkerCall{*this, std::move(call)};
}

void WorkerPool::warm(base::AccountId account) {
  post([state = state_.get(), account] {
    if (!state->closing) state->want(account, state->slots[account]);
  });
}

void WorkerPool::cut(base::AccountId account, base::Error why) {
  post([state = state_.get(), account, why = std::move(why)] {
    const auto found = state->slots.find(account);
    if (found == state->slots.end()) return;
    auto& slot = found->second;
    if (slot.link) slot.link->fail_cuttable(why, state->clock.now());
    for (const auto& call : slot.backlog)
      if (call->limits.cuttable) call->queue.end(why);
  });
}

void WorkerPool::cancel(const std::shared_ptr<CallState>& call, base::Error why) {
  if (call->queue.ended()) return;
  call->queue.end(std::move(why));
  interrupt(call);
}

void WorkerPool::post(std::move_only_function<void()> work) { state_->post(std::move(work)); }

void WorkerPool::stop() {
  std::promise<void> closed;
  post([state = state_.get(), &closed] {
    state->close_all();
    closed.set_value();
  });
  closed.get_future().wait();
}

void WorkerPool::wake() {
  post([] {});
}

PoolStats WorkerPool::stats() const {
  return PoolStats{.workers = state_->workers,
                   .calls = state_->calls,
                   .started_total = state_->started_total,
                   .died_total = state_->died_total,
                   .killed_total = state_->killed_total};
}

void WorkerPool::taken(const std::shared_ptr<CallState>& call, std::size_t bytes) {
  post([state = state_.get(), call, bytes] {
    const auto found = state->slots.find(call->account);
    if (found != state->slots.end() && found->second.link) found->second.link->grant(*call, bytes);
  });
}

void WorkerPool::interrupt(const std::shared_ptr<CallState>& call) {
  post([state = state_.get(), call] {
    const auto found = state->slots.find(call->account);
    if (found == state->slots.end()) return;
    auto& slot = found->second;
    if (std::erase(slot.backlog, call) > 0)
      call->queue.end(cancelled_error());
    else if (slot.link)
      slot.link->interrupt(*call, state->clock.now());
  });
}

WorkerPool::State::State(WorkerPool& pool, PoolOptions given, const base::Clock& its_clock,
                         base::Log& its_log, ReadyHook hook)
    : owner(pool),
      options(std::move(given)),
      clock(its_clock),
      log(its_log),
      on_ready(std::move(hook)),
      epoll(::epoll_create1(EPOLL_CLOEXEC)),
      alarm(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  RL_CHECK(epoll && alarm, "the system gives no epoll or eventfd");
  watch(alarm.get(), kAlarm, EPOLLIN, EPOLL_CTL_ADD);
  thread = std::thread([this] { run(); });
}

WorkerPool::State::~State() {
  quit = true;
  post([] {});
  thread.join();
}

void WorkerPool::State::post(std::move_only_function<void()> work) {
  bool first = false;
  {
    const std::lock_guard lock(posted_mutex);
    first = posted.empty();
    posted.push_back(std::move(work));
  }
  if (first) ::eventfd_write(alarm.get(), 1);
}

void WorkerPool::State::run() {
  const base::ExecutorScope scope(owner);
  std::array<epoll_event, 64> events{};
  while (!quit || !links.empty()) {
    const int count =
        ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    RL_CHECK(count >= 0 || errno == EINTR, "epoll_wait");
    for (int index = 0; index < count; ++index)
      on_event(events[static_cast<std::size_t>(index)].data.u64);
    run_posted();
    settle();
  }
}

void WorkerPool::State::run_posted() {
  std::vector<std::move_only_function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex);
    work.swap(posted);
  }
  for (auto& item : work) item();
}

void WorkerPool::State::on_event(std::uint64_t key) {
  if (key == kAlarm) {
    eventfd_t count = 0;
    ::eventfd_read(alarm.get(), &count);
    return;
  }
  auto* link = find(key / 2);  // null: reaped earlier in this turn
  if (link == nullptr) return;
  if (key % 2 == 1)
    reap(*link);
  else
    read(*link);
}

int WorkerPool::State::wait_ms() const {
  constexpr base::Micros kLongest{60'000'000};
  const auto now = clock.now();
  auto wait = kLongest;
  for (const auto& [serial, link] : links) {
    if (const auto due = link->next_deadline()) wait = std::min(wait, *due - now);
    if (link->idle()) wait = std::min(wait, link->idle_since() + options.idle_stop - now);
  }
  const auto rounded = std::chrono::ceil<base::Millis>(std::max(wait, base::Micros{0}));
  return static_cast<int>(rounded.count());
}

WorkerLink* WorkerPool::State::find(std::uint64_t serial) const {
  const auto found = links.find(serial);
  return found == links.end() ? nullptr : found->second;
}

void WorkerPool::State::watch(int fd, std::uint64_t key, std::uint32_t events,
                              int operation) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  RL_CHECK(::epoll_ctl(epoll.get(), operation, fd, &event) == 0, "epoll_ctl");
}

}  // namespace workspace
