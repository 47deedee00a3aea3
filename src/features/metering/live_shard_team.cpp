// Runs of an account, its own and those of members who are billed side by side.
#include <algorithm>

#include "features/metering/live_shard.hpp"

namespace metering {

namespace {

// Late proofs of requests that were still running join the run in memory, not only in the ledger.
constexpr std::chrono::seconds kCloseSlack{1};

base::Instant end_of(const LiveAccount& run, base::Micros idle_gap) {
  return run.has_run && run.open_streams == 0 ? run.run_end.get() + idle_gap + kCloseSlack : kNever;
}

}  // namespace

base::Millis LiveMeter::Shard::beside_locked(const LiveAccount& account, base::Instant now) const {
  return account.team ? teams.at(account.id).live(now) : base::Millis::zero();
}

// Of a team: the run is the member's own.
Admission LiveMeter::Shard::admission_locked(const LiveAccount& account, const Member& member,
                                             base::Instant now,
                                             const LiveMeterOptions& options) const {
  const auto gap = options.tariff.idle_gap;
  auto answer = account.admission(now, gap, beside_locked(account, now));
  if (!member.side_by_side()) return answer;
  const auto& lanes = teams.at(account.id).lanes;
  const auto found = lanes.find(member);
  answer.run = found == lanes.end() ? std::nullopt : found->second.run.run_at(now, gap);
  return answer;
}

std::int64_t LiveMeter::Shard::streams_locked(const LiveAccount& account) const {
  return account.open_streams + (account.team ? teams.at(account.id).streams() : 0);
}

LiveTeam::Pace LiveMeter::Shard::pace_locked(const LiveAccount& account, base::Instant now) const {
  LiveTeam::Pace pace;
  if (account.team) pace = teams.at(account.id).pace(now);
  if (account.open_streams > 0) ++pace.streaming;
  if (!account.uses_time(now)) return pace;
  const auto before = pace.rate++;
  const auto ahead = before * (pace.as_of - now) * (before > 0 ? 1 : 0);
  pace.as_of = now + (ahead + (account.span(now).end - now)) / pace.rate;
  return pace;
}

base::Instant LiveMeter::Shard::next_end_locked(const LiveAccount& account,
                                                base::Micros idle_gap) const {
  auto next = end_of(account, idle_gap);
  if (account.team)
    for (const auto& [member, lane] : teams.at(account.id).lanes)
      next = std::min(next, end_of(lane.run, idle_gap));
  return next;
}

void LiveMeter::Shard::end_idle_runs_locked(LiveAccount& account, base::Instant now,
                                            base::Micros idle_gap) {
  if (now >= end_of(account, idle_gap)) end_run_locked(account, {}, now, ledger::RunEnd::idle);
  if (!account.team) return;
  auto& team = teams.at(account.id);
  for (const auto& [member, lane] : team.lanes) {
    if (now < end_of(lane.run, idle_gap)) continue;
    account.run_end = std::max(account.run_end.get(), lane.run.run_end.get());  // last used then
    end_run_locked(account, member, now, ledger::RunEnd::idle);
  }
  team.tidy();
  if (!team.lanes.empty()) return;
  teams.erase(account.id);
  account.team = false;
}

void LiveMeter::Shard::close_run_locked(LiveAccount& account, const Member& member,
                                        base::Instant now, const LiveMeterOptions& options) {
  auto& run = run_of_locked(account, member);
  run.evidence += open_length_locked(account.id, member, now, options.tariff.min_proof);
  run.run_end = run.span(now).end;
  run.open_streams = 0;
  end_run_locked(account, member, now, ledger::RunEnd::shutdown);
}

QueuedRun LiveMeter::Shard::hand_over_locked(LiveAccount& account, const Member& member,
                                             base::Instant now, base::Micros open_length) {
  const auto routes = routes_locked(account, member);
  if (!member.side_by_side()) return hand_over(account, routes, now, open_length);
  auto queued = teams.at(account.id).hand_over_lane(account.id, member, routes, now, open_length);
  account.pending += queued.pending;
  return queued;
}

void LiveMeter::Shard::collect_locked(LiveAccount& account, base::Instant now,
                                      const LiveMeterOptions& options,
                                      std::vector<QueuedRun>& batch) {
  const auto hand = [&](const Member& member) {
    const auto open = open_length_locked(account.id, member, now, options.tariff.min_proof);
    batch.push_back(hand_over_locked(account, member, now, open));
  };
  if (account.has_run && !account.over) hand({});
  if (account.team)
    for (const auto& [member, lane] : teams.at(account.id).lanes)
      if (lane.run.has_run && !lane.run.over && (lane.run.dirty || lane.run.open_streams > 0))
        hand(member);
}

}  // namespace metering
