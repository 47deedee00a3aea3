// The live meter towards the ledger: balances in, snapshots of runs out.
#include <algorithm>
#include <mutex>

#include "features/metering/live_meter.hpp"
#include "features/metering/live_shard.hpp"

namespace metering {

namespace {

using Guard = std::lock_guard<base::SeqLock>;

}  // namespace

void LiveMeter::begin_load(base::AccountId account, base::Instant now) {
  auto& shard = shard_of(account);
  const Guard guard(shard.lock);
  if (shard.table.find(account) != nullptr) return;
  auto& live = shard.table.at(shard.table.insert(account));
  live.run_end = now;
  shard.schedule_locked(live, now, options_);
}

void LiveMeter::mark_never_had_time(base::AccountId account) {
  auto& shard = shard_of(account);
  const Guard guard(shard.lock);
  auto* live = shard.table.find(account);
  if (live != nullptr && live->balance.get() == base::Millis::zero())
    live->lack = Lack::never_granted;
}

void LiveMeter::put_balance(const ledger::Balance& balance,
                            const std::optional<ledger::LowBalance>& warning) {
  auto& shard = shard_of(balance.account);
  const Guard guard(shard.lock);
  auto* live = shard.table.find(balance.account);
  if (live == nullptr) return;
  shard.tell_locked(*live, warning);
  shard.put_balance_locked(*live, balance, options_);
}

void LiveMeter::Shard::tell_locked(LiveAccount& account,
                                   const std::optional<ledger::LowBalance>& warning) {
  const auto watch = watches.find(account.id);
  if (!warning || watch == watches.end()) return;
  watch->second.warning = warning;
  mark_changed_locked(account);
}

void LiveMeter::Shard::put_balance_locked(LiveAccount& account, const ledger::Balance& balance,
                                          const LiveMeterOptions& options) {
  if (balance.version < account.version) return;
  account.loaded = true;
  account.version = balance.version;
  account.balance = balance.available;
  account.next_expiry = balance.next_expiry.value_or(kNever);
  if (balance.available > base::Millis::zero()) account.expired = false;
  if (balance.held > base::Millis::zero())
    account.lack = Lack::held;
  else if (account.lack == Lack::held || balance.available > base::Millis::zero())
    account.lack = Lack::used_up;
  if (balance.last_run_end) go_on_from(account, *balance.last_run_end, options.tariff.idle_gap);
  if (account.lack == Lack::held || balance.debt > base::Millis::zero() || balance.next_expiry)
    encumbrances[account.id] = {balance.held, balance.debt, balance.after_expiry};
  else if (!encumbrances.empty())
    encumbrances.erase(account.id);
  mark_changed_locked(account);
  schedule_locked(account, balance.as_of, options);
}

void LiveMeter::collect(base::Instant now, std::vector<QueuedRun>& batch) {
  for (std::size_t i = 0; i < kShards; ++i) {
    auto& shard = shards_[i];
    const Guard guard(shard.lock);
    batch.insert(batch.end(), std::make_move_iterator(shard.queue.begin()),
                 std::make_move_iterator(shard.queue.end()));
    shard.queue.clear();
    auto slot = std::exchange(shard.dirty, LiveTable::kNoSlot);
    while (slot != LiveTable::kNoSlot) {
      auto& live = shard.table.at(slot);
      slot = live.next;
      live.dirty = false;
      shard.collect_locked(live, now, options_, batch);
      if (shard.streams_locked(live) > 0) shard.mark_dirty_locked(live);
      shard.schedule_locked(live, now, options_);
    }
  }
}

bool LiveMeter::settled(const QueuedRun& sent, const ledger::SettledRun& answer) {
  auto& shard = shard_of(sent.snapshot.account);
  const Guard guard(shard.lock);
  auto* live = shard.table.find(sent.snapshot.account);
  if (live == nullptr) return true;
  const auto pending = live->pending.get() - sent.pending;
  live->pending = std::max(base::Millis::zero(), pending);
  shard.tell_locked(*live, answer.warning);
  shard.put_balance_locked(*live, answer.balance, options_);
  return pending >= base::Millis::zero();
}

void LiveMeter::close_all(base::Instant now) {
  for (std::size_t i = 0; i < kShards; ++i) {
    auto& shard = shards_[i];
    const Guard guard(shard.lock);
    for (LiveTable::Slot slot = 0; slot < shard.table.slots(); ++slot) {
      auto& live = shard.table.at(slot);
      if (live.has_run) shard.close_run_locked(live, {}, now, options_);
      if (!live.team) continue;
      for (auto& [member, lane] : shard.teams.at(live.id).lanes)
        if (lane.run.has_run) shard.close_run_locked(live, member, now, options_);
    }
    shard.streams.clear();
  }
}

}  // namespace metering
