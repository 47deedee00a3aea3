#include "features/metering/live_shard.hpp"

#include <algorithm>

namespace metering {

namespace {

// How often a balance stream is looked at for readers that left.
constexpr std::chrono::seconds kReaderCheck{15};

// True when the page cannot know `now` from what it was told last. Both sides are rounded down to
// milliseconds.
bool is_news(const BalanceView& last, const BalanceView& now) {
  if (last.rate != now.rate || last.state != now.state || last.held != now.held ||
      last.debt != now.debt)
    return true;
  auto foreseen = last.remaining;
  if (last.rate > 0 && now.as_of > last.as_of)
    foreseen -= std::chrono::floor<base::Millis>(last.rate * (now.as_of - last.as_of));
  return std::chrono::abs(foreseen - now.remaining) > base::Millis{2};
}

}  // namespace

void LiveMeter::Shard::mark_dirty_locked(LiveAccount& account) {
  if (account.dirty) return;
  account.dirty = true;
  account.next = dirty;
  dirty = account.slot;
}

void LiveMeter::Shard::mark_changed_locked(LiveAccount& account) {
  if (!account.watched || account.changed) return;
  account.changed = true;
  changed.push_back(account.slot);  // has room: watch() reserved it
}

LiveAccount& LiveMeter::Shard::run_of_locked(LiveAccount& account, const Member& member) {
  if (!member.side_by_side()) return account;
  account.team = true;
  return teams[account.id].lane_of(account.id, member).run;
}

RunRoutes LiveMeter::Shard::routes_locked(LiveAccount& account, const Member& member) {
  if (!member.side_by_side()) return {table.rare_of(account.slot), carried};
  return {teams.at(account.id).lanes.at(member).rare, carried};
}

void LiveMeter::Shard::add_proof_locked(LiveAccount& account, const Member& member,
                                        const ledger::Interval& span, const ProofCount& count,
                                        const LiveMeterOptions& options, base::Instant now) {
  const auto idle_gap = options.tariff.idle_gap;
  auto& run = run_of_locked(account, member);
  const auto routes = routes_locked(account, member);
  // An open stream has kept the run going up to now.
  if (run.open_streams > 0 && run.has_run) run.run_end = run.span(now).end;
  auto joined = add_span(run, routes, span, count, idle_gap);
  if (joined == Joined::later) {
    end_run_locked(account, member, now, ledger::RunEnd::idle);
    joined = add_span(run, routes, span, count, idle_gap);
  }
  if (joined == Joined::earlier)
    queue.push_back(single_run(account.id, member, span, count, next_late++));
  if (member.side_by_side()) run.dirty = true;
  // A proof counts for a second when it begins: it may take the last of the time at once, long
  // before the instant that the timer waits for. So may other members' use.
  if (account.loaded && streams_locked(account) > 0) {
    if (remaining_locked(account, now) == base::Millis::zero())
      wheel.schedule(account.slot, now);
    else if (account.team)
      schedule_locked(account, now, options);
  }
  mark_dirty_locked(account);
  mark_changed_locked(account);
}

void LiveMeter::Shard::tell_end_locked(LiveAccount& account, const Member& member,
                                       base::Instant now, ledger::RunEnd reason) {
  auto queued = hand_over_locked(account, member, now, base::Micros{0});
  const bool ran_out = account.loaded && remaining_locked(account, now) == base::Millis::zero();
  if (ran_out && reason == ledger::RunEnd::idle)
    reason = account.expired ? ledger::RunEnd::expired : ledger::RunEnd::exhausted;
  queued.snapshot.ended = reason;
  queue.push_back(std::move(queued));
}

void LiveMeter::Shard::end_run_locked(LiveAccount& account, const Member& member, base::Instant now,
                                      ledger::RunEnd reason) {
  if (!run_of_locked(account, member).over) tell_end_locked(account, member, now, reason);
  const auto routes = routes_locked(account, member);
  if (!member.side_by_side()) return account.drop_run(routes);
  auto& team = teams[account.id];
  team.end_lane(team.lanes[member], routes);
}

void LiveMeter::Shard::sign_out_locked(LiveAccount& account, const Member& member,
                                       base::Instant now) {
  auto& run = run_of_locked(account, member);
  if (!run.has_run || run.over || run.open_streams > 0) return;
  tell_end_locked(account, member, now, ledger::RunEnd::signed_out);
  run.over = true;
  run.presence_ms = 0;
  mark_changed_locked(account);
}

base::Micros LiveMeter::Shard::open_length_locked(base::AccountId account, const Member& member,
                                                  base::Instant now, base::Micros min_proof) const {
  base::Micros length{0};
  if (const auto found = streams.find(account); found != streams.end())
    for (const auto& stream : found->second)
      if (stream.member == member) length += std::max(min_proof, now - stream.start);
  return length;
}

BalanceView LiveMeter::Shard::view_locked(const LiveAccount& account, base::Instant now) const {
  BalanceView view;
  view.account = account.id;
  view.remaining = remaining_locked(account, now);
  const auto pace = pace_locked(account, now);
  view.rate = view.remaining > base::Millis::zero() ? pace.rate : 0;
  view.as_of = view.rate > 0 ? pace.as_of : now;
  if (view.rate > 0) view.exhausts_at = view.as_of + base::Micros{view.remaining} / view.rate;
  if (view.remaining > base::Millis::zero())
    view.state = BalanceState::active;
  else if (account.lack == Lack::held)
    view.state = BalanceState::held;
  else
    view.state =
        account.lack == Lack::never_granted ? BalanceState::empty : BalanceState::exhausted;
  if (const auto found = encumbrances.find(account.id); found != encumbrances.end()) {
    view.held = found->second.held;
    view.debt = found->second.debt;
  }
  return view;
}

void LiveMeter::Shard::schedule_locked(const LiveAccount& account, base::Instant now,
                                       const LiveMeterOptions& options) {
  auto at = account.next_expiry;
  const auto sooner = [&](base::Instant other) { at = std::min(at, other); };
  if (streams_locked(account) > 0) {
    const auto left = base::Micros{remaining_locked(account, now)} /
                      std::max(1, pace_locked(account, now).streaming);
    const auto found = streams.find(account.id);
    const bool can_cut = found != streams.end() && std::ranges::any_of(found->second, [](auto& s) {
                           return static_cast<bool>(s.on_cut);
                         });
    if (account.loaded && can_cut) sooner(now + left);
  }
  if (account.has_run || account.team) {
    sooner(next_end_locked(account, options.tariff.idle_gap));
  } else {
    sooner(std::max(account.run_end.get() + options.keep_idle, now + options.keep_idle / 8));
  }
  if (account.watched) {
    if (account.run_end.get() > now) sooner(account.run_end);
    if (account.presence_until() > now) sooner(account.presence_until());
    if (account.team) sooner(teams.at(account.id).next_stop(now));
    sooner(now + kReaderCheck);
  }
  wheel.schedule(account.slot, at);
}

// At most what the other grants have is left; that use until now burned the one that ends is the
// usual case, and the balance that follows from the ledger is exact.
void LiveMeter::Shard::expire_locked(LiveAccount& account, base::Instant now) {
  const auto found = encumbrances.find(account.id);
  if (!account.loaded || found == encumbrances.end()) return;
  const base::Millis had = remaining_locked(account, now);
  const base::Millis left = std::min(had, found->second.after_expiry);
  if (had > left && left == base::Millis::zero()) account.expired = true;
  account.balance = left + account.pending.get() + account.live(now) + beside_locked(account, now);
}

void LiveMeter::Shard::on_due_locked(LiveAccount& account, base::Instant now,
                                     const LiveMeterOptions& options, Due& due) {
  if (account.next_expiry <= now) expire_locked(account, now);
  if (account.loaded && streams_locked(account) > 0 &&
      remaining_locked(account, now) == base::Millis::zero())
    cut_streams_locked(account, due);
  if (account.next_expiry <= now) {
    due.reload.push_back(account.id);
    account.next_expiry = now + std::chrono::seconds{1};  // asked again unless the ledger answers
  }
  end_idle_runs_locked(account, now, options.tariff.idle_gap);
  const bool busy = account.has_run || account.team || account.open_streams > 0 ||
                    account.watched || account.dirty || account.changed ||
                    account.pending.get() != base::Millis::zero();
  if (!busy && now >= account.run_end.get() + options.keep_idle) {
    const LiveTable::Slot slot = account.slot;
    encumbrances.erase(account.id);
    wheel.cancel(slot);
    table.erase(slot);
    return;
  }
  mark_changed_locked(account);
  schedule_locked(account, now, options);
}

void LiveMeter::Shard::cut_streams_locked(LiveAccount& account, Due& due) {
  const auto reason =
      account.lack == Lack::held ? CutReason::account_held : CutReason::hours_exhausted;
  for (auto& stream : streams[account.id]) {
    if (!stream.on_cut) continue;
    due.cuts.push_back({stream.executor, std::exchange(stream.on_cut, nullptr), reason});
  }
}

void LiveMeter::Shard::emit_locked(LiveAccount& account, base::Instant now, Due& due) {
  const auto found = watches.find(account.id);
  if (found == watches.end()) return;
  auto& watch = found->second;
  std::erase_if(watch.channels, [](const auto& channel) { return channel.client_gone(); });
  if (watch.channels.empty()) {
    watches.erase(found);
    account.watched = false;
    return;
  }
  const auto view = view_locked(account, now);
  if (watch.warning)
    due.events.push_back(
        {watch.channels, view, watch.next_event++, std::exchange(watch.warning, std::nullopt)});
  if (!watch.fresh && !is_news(watch.last, view)) return;
  watch.fresh = false;
  watch.last = view;
  due.events.push_back({watch.channels, view, watch.next_event++});
}

}  // namespace metering
