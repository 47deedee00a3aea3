// The periodic side of the metering service: ticks, steps, and what a tick asks to be done.
#include <algorithm>
#include <exception>

#include "base/json.hpp"
#include "features/ledger/ledger_service.hpp"
#include "features/metering/metering_state.hpp"

namespace metering {

void MeteringService::start(base::Timers& timers, base::Executor& executor) {
  {
    const std::lock_guard guard(state_->loop_mutex);
    state_->timers = &timers;
    state_->executor = &executor;
    state_->running = true;
    state_->next_step = state_->clock.now() + state_->options.settle_interval;
  }
  state_->arm_tick();
}

void MeteringService::stop() {
  const std::lock_guard guard(state_->loop_mutex);
  state_->running = false;
  if (state_->timer) state_->timers->cancel(*std::exchange(state_->timer, std::nullopt));
}

void MeteringService::State::arm_tick() {
  const std::lock_guard guard(loop_mutex);
  if (!running) return;
  timer = timers->at(clock.now() + options.tick_interval, *executor, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_tick();
  });
}

void MeteringService::State::on_tick() {
  const auto now = clock.now();
  {
    const std::lock_guard guard(tick_mutex);
    Due due;
    meter.tick(now, due);
    deliver(due, now);
  }
  begin_step(now);
  arm_tick();
}

void MeteringService::State::begin_step(base::Instant now) {
  {
    const std::lock_guard guard(loop_mutex);
    if (!running || stepping || now < next_step) return;
    stepping = true;
    next_step = now + options.settle_interval;
  }
  base::start(run_step(shared_from_this(), now));
}

base::Task<void> MeteringService::State::run_step(std::shared_ptr<State> self, base::Instant now) {
  try {
    // A failure is counted, logged and tried again by the next step.
    const auto settled = co_await self->settler.step(now);
    if (!settled) self->log.debug("settlement_waits", {{"reason", settled.error().reason}});
  } catch (const std::exception& error) {
    self->log.error("settlement_broke", {{"detail", error.what()}});
  }
  self->step_ended();
}

void MeteringService::State::step_ended() {
  std::vector<base::Completion<bool>::Sender> waiting;
  {
    const std::lock_guard guard(loop_mutex);
    stepping = false;
    waiting.swap(waiting_for_step);
  }
  for (auto& sender : waiting) sender.set(true);
}

base::Task<void> MeteringService::State::reload(std::shared_ptr<State> self,
                                                base::AccountId account) {
  try {
    const auto balance = co_await self->ledger.load_balance(account);
    if (balance)
      self->meter.put_balance(*balance);
    else  // asked again by a later tick
      self->log.warning("balance_reload_failed", {{"detail", balance.error().detail}});
  } catch (const std::exception& error) {
    self->log.error("balance_reload_broke", {{"detail", error.what()}});
  }
}

void MeteringService::State::deliver(Due& due, base::Instant now) {
  for (auto& cut : due.cuts)
    cut.executor->post(
        [on_cut = std::move(cut.on_cut), reason = cut.reason]() mutable { on_cut(reason); });
  std::string data;
  for (const auto& event : due.events) {
    data.clear();
    base::JsonWriter json(data);
    json.begin_object();
    if (event.warning)
      append_warning_members(json, *event.warning);
    else
      append_balance_members(json, event.view, now);
    json.end_object();
    const auto* name = event.warning ? "low_balance" : "balance";
    for (auto channel : event.channels) channel.send(name, data, event.id);
  }
  for (const auto account : due.reload) base::start(reload(shared_from_this(), account));
}

}  // namespace metering
