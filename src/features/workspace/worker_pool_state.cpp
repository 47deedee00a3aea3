// Life and death of workers: who may have one, when it starts, why it ends. I/O thread only.
#include "features/workspace/worker_pool_state.hpp"

#include <sys/epoll.h>
#include <sys/stat.h>

#include <algorithm>
#include <ranges>

#include "base/json.hpp"
#include "features/workspace/worker_errors.hpp"

namespace workspace {
namespace {

std::string open_payload(const PoolOptions& options, base::AccountId account) {
  std::string out;
  base::JsonWriter writer(out);
  writer.begin_object();
  writer.field("folder", options.folder + "/" + account.text());
  writer.field("memory_mb", options.memory_mb);
  writer.field("threads", options.threads);
  writer.field("temp_mb", options.temp_mb);
  writer.end_object();
  return out;
}

}  // namespace

void WorkerPool::State::submit(std::shared_ptr<CallState> call) {
  if (call->queue.ended()) return;
  if (closing) return call->queue.end(stopping_error());
  auto& slot = slots[call->account];
  if (slot.link && slot.link->state() == LinkState::ready)
    return slot.link->begin(std::move(call), clock.now());
  const auto account = call->account;
  slot.backlog.push_back(std::move(call));
  want(account, slot);
}

void WorkerPool::State::want(base::AccountId account, Slot& slot) {
  if (slot.link || slot.wanted) return;  // an ending worker's slot is looked at when it is reaped
  slot.wanted = true;
  queue.push_back(account);
  start_wanted();
}

void WorkerPool::State::start_wanted() {
  while (!queue.empty() && links.size() < options.max_active) {
    const auto account = queue.front();
    queue.pop_front();
    auto& slot = slots[account];
    slot.wanted = false;
    start(account, slot);
  }
  auto leaving = static_cast<std::size_t>(std::ranges::count_if(
      links | std::views::values,
      [](const WorkerLink* link) { return link->state() == LinkState::ending; }));
  while (leaving < queue.size()) {
    WorkerLink* oldest = nullptr;
    for (auto* link : links | std::views::values)
      if (link->idle() && (oldest == nullptr || link->idle_since() < oldest->idle_since()))
        oldest = link;
    if (oldest == nullptr) break;
    oldest->end_gently(clock.now() + options.stop_grace);
    ++leaving;
  }
  while (leaving < queue.size()) {  // nobody can make room for the newest ones
    const auto account = queue.back();
    queue.pop_back();
    auto& slot = slots[account];
    slot.wanted = false;
    fail_backlog(slot, busy_error());
    drop_slot_if_empty(account);
  }
}

void WorkerPool::State::start(base::AccountId account, Slot& slot) {
  const auto folder = options.folder + "/" + account.text();
  for (const auto* part : {"", "/uploads", "/tmp"}) ::mkdir((folder + part).c_str(), 0700);
  auto process = WorkerProcess::spawn(options.binary);
  if (!process) {
    log.error("worker_start_failed",
              {{"account", account.text()}, {"error", process.error().detail}});
    fail_backlog(slot, killed_error(process.error().detail));
    return drop_slot_if_empty(account);
  }
  const auto serial = ++last_serial;
  slot.link = std::make_unique<WorkerLink>(std::move(*process), serial, account);
  links.emplace(serial, slot.link.get());
  slot.link->open(open_payload(options, account), clock.now() + options.start_timeout);
  watch(slot.link->process().socket(), serial * 2, EPOLLIN, EPOLL_CTL_ADD);
  watch(slot.link->process().pidfd(), serial * 2 + 1, EPOLLIN, EPOLL_CTL_ADD);
  ++started_total;
  log.info("worker_started", {{"account", account.text()}, {"pid", slot.link->process().pid()}});
}

void WorkerPool::State::read(WorkerLink& link) {
  if (link.state() == LinkState::ending) {  // its last words are of no interest: only the pidfd is
    watch(link.process().socket(), link.serial() * 2, 0, EPOLL_CTL_DEL);
    return;
  }
  auto heard = link.receive(clock.now());
  if (!heard) return kill(link, killed_error(heard.error().detail));
  if (heard->hung_up) {  // it ends by itself, then the pidfd says with what
    link.expect_end(clock.now() + options.stop_grace);
    return watch(link.process().socket(), link.serial() * 2, 0, EPOLL_CTL_DEL);
  }
  if (!heard->ready) return;
  auto& slot = slots[link.account()];
  for (auto& call : slot.backlog)
    if (!call->queue.ended()) link.begin(std::move(call), clock.now());
  slot.backlog.clear();
  if (on_ready) on_ready(link.account(), std::move(*heard->ready));
}

void WorkerPool::State::settle() {
  const auto now = clock.now();
  std::size_t running = 0;
  for (auto* link : links | std::views::values) {
    const bool late = link->overdue(now);
    if (late) {
      kill(*link, killed_error("the worker did not answer in time and was killed"));
      continue;
    }
    running += link->calls();
    if (link->idle() && now - link->idle_since() >= options.idle_stop && !closing)
      link->end_gently(now + options.stop_grace);
    if (link->state() == LinkState::ending) continue;
    const auto all_out = link->flush();
    if (!all_out)
      kill(*link, killed_error(all_out.error().detail));
    else
      set_writing(*link, !*all_out);
  }
  workers = static_cast<int>(links.size());
  calls = static_cast<int>(running);
}

void WorkerPool::State::set_writing(WorkerLink& link, bool wants) {
  if (link.waits_to_write == wants) return;
  link.waits_to_write = wants;
  const std::uint32_t events = wants ? EPOLLIN | EPOLLOUT : EPOLLIN;
  watch(link.process().socket(), link.serial() * 2, events, EPOLL_CTL_MOD);
}

void WorkerPool::State::kill(WorkerLink& link, const base::Error& why) {
  log.warning("worker_killed", {{"account", link.account().text()}, {"why", why.detail}});
  ++killed_total;
  if (!link.was_ready()) fail_backlog(slots[link.account()], why);
  link.end_by_force();
  link.fail_calls(why);
}

void WorkerPool::State::reap(WorkerLink& link) {
  const bool was_ready = link.was_ready();
  // What it wrote before it died still counts: a last `failed` says more than an exit code.
  while (!link.asked_to_end()) {
    const auto heard = link.receive(clock.now());
    if (!heard || !heard->more) break;
  }
  const auto account = link.account();
  auto& slot = slots[account];
  const bool asked = link.asked_to_end();
  const auto exit = link.process().reap();
  links.erase(link.serial());
  const auto gone = std::move(slot.link);
  if (!asked) {
    ++died_total;
    log.warning("worker_died",
                {{"account", account.text()}, {"by_signal", exit.by_signal}, {"code", exit.code}});
  }
  gone->fail_calls(death_error(exit));
  if (!was_ready || closing) fail_backlog(slot, closing ? stopping_error() : death_error(exit));
  if (!slot.backlog.empty())
    want(account, slot);
  else
    drop_slot_if_empty(account);
  start_wanted();
}

void WorkerPool::State::fail_backlog(Slot& slot, const base::Error& why) {
  for (const auto& call : slot.backlog) call->queue.end(why);
  slot.backlog.clear();
}

void WorkerPool::State::drop_slot_if_empty(base::AccountId account) {
  const auto found = slots.find(account);
  if (found != slots.end() && !found->second.link && found->second.backlog.empty() &&
      !found->second.wanted)
    slots.erase(found);
}

void WorkerPool::State::close_all() {
  closing = true;
  queue.clear();
  for (auto& slot : slots | std::views::values) {
    slot.wanted = false;
    fail_backlog(slot, stopping_error());
    if (!slot.link) continue;
    slot.link->end_by_force();
    slot.link->fail_calls(stopping_error());
  }
}

}  // namespace workspace
