#include "features/metering/metering_service.hpp"

#include <fmt/format.h>

#include "features/ledger/ledger_service.hpp"
#include "features/metering/metering_state.hpp"

namespace metering {

MeteringService::State::State(ledger::LedgerService& ledger_service, const base::Clock& time,
                              base::Log& lines, MeteringOptions settings)
    : ledger(ledger_service),
      clock(time),
      log(lines),
      options(settings),
      meter({ledger_service.tariff(), settings.presence, settings.keep_idle}),
      settler(ledger_service, meter, lines, time.now()) {}

MeteringService::MeteringService(ledger::LedgerService& ledger, const base::Clock& clock,
                                 base::Log& log, MeteringOptions options)
    : state_(std::make_shared<State>(ledger, clock, log, options)) {
  ledger.on_balance_changed(
      [weak = std::weak_ptr<State>(state_)](const ledger::Balance& balance, const auto& warning) {
        if (const auto state = weak.lock()) state->meter.put_balance(balance, warning);
      });
}

MeteringService::~MeteringService() { stop(); }

void MeteringService::expect(base::AccountId account) const { state_->meter.expect(account); }

Admission MeteringService::admit(base::AccountId account, base::Instant now,
                                 const Member& member) const {
  return state_->meter.admit(account, now, member);
}

base::Task<base::Result<void>> MeteringService::load(base::AccountId account) {
  auto& meter = state_->meter;
  // First, so that a balance that changes while this one is read is not missed.
  meter.begin_load(account, state_->clock.now());
  RL_CO_TRY(const auto balance, co_await state_->ledger.load_balance(account));
  if (balance.available == base::Millis{0} && balance.held == base::Millis{0} &&
      balance.debt == base::Millis{0}) {
    RL_CO_TRY(const auto grants, co_await state_->ledger.list_grants(account, true));
    if (grants.empty()) meter.mark_never_had_time(account);
  }
  meter.put_balance(balance);
  co_return base::Result<void>{};
}

bool MeteringService::touch(base::AccountId account, const Proof& proof, base::Instant now,
                            const Member& member) {
  return state_->meter.touch(account, proof, now, member);
}

bool MeteringService::record_beat(base::AccountId account, base::Instant now,
                                  const Member& member) {
  return state_->meter.touch(account, {now, now, ledger::RouteClass::beat}, now, member);
}

void MeteringService::sign_out(base::AccountId account, base::Instant now, const Member& member) {
  state_->meter.sign_out(account, now, member);
}

StreamId MeteringService::open_stream(base::AccountId account, base::Instant start,
                                      base::Executor& executor,
                                      std::move_only_function<void(CutReason)> on_cut,
                                      const Member& member, ledger::RouteClass route) {
  return state_->meter.open_stream(account, start, executor, std::move(on_cut), member, route);
}

void MeteringService::progress(const StreamId& stream, base::Instant now) {
  state_->meter.progress(stream, now);
}

void MeteringService::close_stream(const StreamId& stream, base::Instant end) {
  state_->meter.close_stream(stream, end);
}

std::optional<BalanceView> MeteringService::view(base::AccountId account, base::Instant now) const {
  return state_->meter.view(account, now);
}

bool MeteringService::subscribe(base::AccountId account, const http::EventChannel& channel,
                                base::Instant now) {
  if (!state_->meter.watch(account, channel)) return false;
  tick(now);
  return true;
}

void MeteringService::tick(base::Instant now) {
  const std::lock_guard guard(state_->tick_mutex);
  Due due;
  state_->meter.tick(now, due);
  state_->deliver(due, now);
}

base::Task<base::Result<void>> MeteringService::step(base::Instant now) {
  return state_->settler.step(now);
}

base::Task<base::Result<void>> MeteringService::settle_all(base::Instant now) {
  stop();
  base::Completion<bool> step_ended;
  bool must_wait = false;
  {
    const std::lock_guard guard(state_->loop_mutex);
    must_wait = state_->stepping;
    if (must_wait) state_->waiting_for_step.push_back(step_ended.sender());
  }
  if (must_wait) co_await step_ended;
  state_->meter.close_all(now);
  auto settled = co_await state_->settler.step(now);
  if (!settled) {
    const auto lost = state_->meter.totals(now).unsettled.count();
    settled.error().detail += fmt::format("; {} ms of use were left unbilled", lost);
  }
  co_return settled;
}

MeteringHealth MeteringService::health(base::Instant now) const {
  const auto totals = state_->meter.totals(now);
  MeteringHealth health;
  health.accounts_live = totals.accounts;
  health.streams_open = totals.streams;
  health.unsettled_ms = totals.unsettled.count();
  health.failed_settlements = state_->settler.failures();
  const auto lag = now - state_->settler.settled_until();
  if (health.unsettled_ms > 0)
    health.settlement_lag_ms =
        std::max(base::Millis{0}, std::chrono::floor<base::Millis>(lag)).count();
  return health;
}

const MeteringOptions& MeteringService::options() const { return state_->options; }

}  // namespace metering
