#include "features/metering/live_meter.hpp"

#include <algorithm>
#include <mutex>

#include "features/metering/live_shard.hpp"

namespace metering {

namespace {

// The server's own clock readings may overtake each other by little; more is a mistake.
constexpr std::chrono::seconds kFutureAllowed{2};
using Guard = std::lock_guard<base::SeqLock>;

}  // namespace

LiveMeter::LiveMeter(const LiveMeterOptions& options)
    : options_(options),
      records_(std::make_unique<LiveRecords>()),
      shards_(std::make_unique<Shard[]>(kShards)) {
  for (std::size_t i = 0; i < kShards; ++i) shards_[i].table.attach(*records_);
}

LiveMeter::~LiveMeter() = default;

LiveMeter::Shard& LiveMeter::shard_of(base::AccountId account) const {
  return shards_[LiveTable::hash(account) >> (64 - kShardBits)];
}

Admission LiveMeter::admit(base::AccountId account, base::Instant now, const Member& member) const {
  const auto hash = LiveTable::hash(account);
  const auto& shard = shards_[hash >> (64 - kShardBits)];
  const auto look = [&](const LiveAccount* live) {
    return live == nullptr ? Admission{} : live->admission(now, options_.tariff.idle_gap);
  };
  const auto with_run = [&](Admission answer) {
    if (answer.admitted() && !answer.run)
      answer.run = run_id_of(run_seed(account, member),
                             ledger::proof_span({now, now}, options_.tariff.min_proof));
    return answer;
  };
  if (const auto version = shard.lock.begin_read()) {
    const auto* const live = shard.table.find(account, hash);
    const auto answer = look(live);
    const bool alone = live == nullptr || !live->team;
    if (shard.lock.is_unchanged(*version) && alone) return with_run(answer);
  }
  const Guard guard(shard.lock);
  const auto* const live = shard.table.find(account, hash);
  return with_run(live != nullptr && live->team
                      ? shard.admission_locked(*live, member, now, options_)
                      : look(live));
}

void LiveMeter::expect(base::AccountId account) const {
  const auto hash = LiveTable::hash(account);
  shards_[hash >> (64 - kShardBits)].table.expect(hash);
}

bool LiveMeter::touch(base::AccountId account, const Proof& proof, base::Instant now,
                      const Member& member) {
  if (proof.end < proof.start || proof.end > now + kFutureAllowed) return false;
  const auto span = ledger::proof_span({proof.start, proof.end}, options_.tariff.min_proof);
  const ProofCount count{1, proof.route, span.end - span.start};
  auto& shard = shard_of(account);
  const Guard guard(shard.lock);
  auto* live = shard.table.find(account);
  if (live == nullptr) {
    shard.queue.push_back(single_run(account, member, span, count, shard.next_late++));
    return true;
  }
  shard.add_proof_locked(*live, member, span, count, options_, now);
  if (proof.route == ledger::RouteClass::beat)
    shard.run_of_locked(*live, member).set_presence(proof.start + options_.presence);
  return true;
}

void LiveMeter::sign_out(base::AccountId account, base::Instant now, const Member& member) {
  auto& shard = shard_of(account);
  const Guard guard(shard.lock);
  auto* live = shard.table.find(account);
  if (live == nullptr) return;
  if (member.side_by_side() && !live->team) return;
  shard.sign_out_locked(*live, member, now);
  shard.schedule_locked(*live, now, options_);
}

StreamId LiveMeter::open_stream(base::AccountId account, base::Instant start,
                                base::Executor& executor,
                                std::move_only_function<void(CutReason)> on_cut,
                                const Member& member, ledger::RouteClass route) {
  const auto span = ledger::proof_span({start, start}, options_.tariff.min_proof);
  auto& shard = shard_of(account);
  const Guard guard(shard.lock);
  auto* live = shard.table.find(account);
  if (live == nullptr) {
    live = &shard.table.at(shard.table.insert(account));
    live->run_end = start;
    live->next_expiry = start;  // the next tick asks the ledger for its balance
  }
  shard.add_proof_locked(*live, member, span, {1, route, base::Micros{0}}, options_, start);
  shard.run_of_locked(*live, member).open_streams += 1;
  const auto serial = shard.next_serial++;
  shard.streams[account].push_back({serial, start, member, route, &executor, std::move(on_cut)});
  shard.schedule_locked(*live, start, options_);
  return {account, serial};
}

void LiveMeter::progress(const StreamId& stream, base::Instant now) {
  auto& shard = shard_of(stream.account);
  const Guard guard(shard.lock);
  auto* live = shard.table.find(stream.account);
  const auto open = shard.streams.find(stream.account);
  if (live == nullptr || open == shard.streams.end()) return;
  const auto found = std::ranges::find(open->second, stream.serial, &Shard::Stream::serial);
  if (found == open->second.end()) return;
  auto& run = shard.run_of_locked(*live, found->member);
  if (run.has_run) run.run_end = run.span(now).end;
  shard.mark_dirty_locked(*live);
}

void LiveMeter::close_stream(const StreamId& stream, base::Instant end) {
  auto& shard = shard_of(stream.account);
  const Guard guard(shard.lock);
  const auto open = shard.streams.find(stream.account);
  if (open == shard.streams.end()) return;
  const auto found = std::ranges::find(open->second, stream.serial, &Shard::Stream::serial);
  if (found == open->second.end()) return;
  const auto start = found->start;
  const auto member = found->member;
  const auto route = found->route;
  open->second.erase(found);
  if (open->second.empty()) shard.streams.erase(open);
  auto* live = shard.table.find(stream.account);  // kept while it has streams
  shard.run_of_locked(*live, member).open_streams -= 1;
  const auto span = ledger::proof_span({start, std::max(start, end)}, options_.tariff.min_proof);
  shard.add_proof_locked(*live, member, span, {0, route, span.end - span.start}, options_, end);
  shard.schedule_locked(*live, end, options_);
}

std::optional<BalanceView> LiveMeter::view(base::AccountId account, base::Instant now) const {
  auto& shard = shard_of(account);
  const Guard guard(shard.lock);
  const auto* live = shard.table.find(account);
  if (live == nullptr || !live->loaded) return std::nullopt;
  return shard.view_locked(*live, now);
}

bool LiveMeter::watch(base::AccountId account, http::EventChannel channel) {
  auto& shard = shard_of(account);
  const Guard guard(shard.lock);
  auto* live = shard.table.find(account);
  if (live == nullptr || !live->loaded) return false;
  auto& watch = shard.watches[account];
  watch.channels.push_back(std::move(channel));
  watch.fresh = true;
  shard.changed.reserve(shard.watches.size());
  live->watched = true;
  shard.mark_changed_locked(*live);
  return true;
}

void LiveMeter::tick(base::Instant now, Due& due) {
  std::vector<LiveTable::Slot> slots;
  for (std::size_t i = 0; i < kShards; ++i) {
    auto& shard = shards_[i];
    const Guard guard(shard.lock);
    slots.clear();
    shard.wheel.advance(now, slots);
    for (const auto slot : slots) {
      if (shard.table.at(slot).in_use)
        shard.on_due_locked(shard.table.at(slot), now, options_, due);
    }
    for (const auto slot : shard.changed) {
      auto& live = shard.table.at(slot);
      live.changed = false;
      shard.emit_locked(live, now, due);
      shard.schedule_locked(live, now, options_);
    }
    shard.changed.clear();
  }
}

LiveTotals LiveMeter::totals(base::Instant now) const {
  LiveTotals totals;
  for (std::size_t i = 0; i < kShards; ++i) {
    auto& shard = shards_[i];
    const Guard guard(shard.lock);
    totals.accounts += static_cast<std::int64_t>(shard.table.size());
    for (LiveTable::Slot slot = 0; slot < shard.table.slots(); ++slot) {
      const auto& live = shard.table.at(slot);
      totals.streams += shard.streams_locked(live);
      totals.unsettled += live.pending.get() + live.live(now) + shard.beside_locked(live, now);
    }
  }
  return totals;
}

std::size_t LiveMeter::table_bytes() const {
  constexpr auto kCarriedBytes = sizeof(CarriedProofs::value_type) + 2 * sizeof(void*);
  std::size_t bytes = records_->bytes();
  for (std::size_t i = 0; i < kShards; ++i) {
    const Guard guard(shards_[i].lock);
    bytes += sizeof(Shard) - sizeof(TimerWheel) + shards_[i].table.bytes() +
             shards_[i].wheel.bytes() + shards_[i].carried.size() * kCarriedBytes;
  }
  return bytes;
}

}  // namespace metering
