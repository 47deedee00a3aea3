#include "features/metering/live_team.hpp"

#include <algorithm>
#include <utility>

namespace metering {

LiveTeam::Lane& LiveTeam::lane_of(base::AccountId account, const Member& member) {
  auto& lane = lanes[member];
  lane.run.id = run_seed(account, member);
  at_most = member.at_most;
  return lane;
}

// Of the spans' lengths, what lies above `at_most` at a time.
base::Micros LiveTeam::excess(const std::vector<ledger::Interval>& spans) const {
  if (at_most == 0 || std::ssize(spans) <= at_most) return {};
  std::vector<std::pair<base::Instant, std::int32_t>> steps;
  for (const auto& span : spans) {
    steps.emplace_back(span.start, 1);
    steps.emplace_back(span.end, -1);
  }
  std::ranges::sort(steps);
  base::Micros over{};
  std::int32_t running = 0;
  auto since = steps.front().first;
  for (const auto& [at, step] : steps) {
    over += std::max(running - at_most, 0) * (at - since);
    since = at;
    running += step;
  }
  return over;
}

base::Millis LiveTeam::live(base::Instant now) const {
  base::Millis sum{};
  auto all = ended;
  auto known = ended;
  for (const auto& [member, lane] : lanes) {
    if (!lane.run.has_run) continue;
    sum += lane.run.live(now);
    all.push_back(lane.run.span(now));
    if (lane.at_ledger != ledger::Interval{}) known.push_back(lane.at_ledger);
  }
  return sum - std::chrono::floor<base::Millis>(excess(all) - excess(known));
}

QueuedRun LiveTeam::hand_over_lane(base::AccountId account, const Member& member,
                                   const RunRoutes& routes, base::Instant now,
                                   base::Micros open_length) {
  auto& lane = lanes[member];
  const auto before = live(now);
  auto queued = hand_over(lane.run, routes, now, open_length);
  lane.run.pending = base::Millis{};
  lane.run.dirty = false;
  lane.at_ledger = queued.snapshot.span;
  queued.pending = std::max(base::Millis{}, before - live(now));
  queued.snapshot.account = account;
  queued.snapshot.lane = ledger::lane_name(member.user, member.at_most);
  return queued;
}

void LiveTeam::end_lane(Lane& lane, const RunRoutes& routes) {
  lane.run.drop_run(routes);
  if (at_most > 0) ended.push_back(std::exchange(lane.at_ledger, {}));
  lane.at_ledger = {};
}

void LiveTeam::tidy() {
  std::erase_if(lanes, [](const auto& entry) {
    return !entry.second.run.has_run && entry.second.run.open_streams == 0;
  });
  auto earliest = kNever;
  for (const auto& [member, lane] : lanes) earliest = std::min(earliest, lane.run.run_start.get());
  std::erase_if(ended, [&](const ledger::Interval& run) { return run.end <= earliest; });
}

std::int64_t LiveTeam::streams() const {
  std::int64_t sum = 0;
  for (const auto& [member, lane] : lanes) sum += lane.run.open_streams;
  return sum;
}

base::Instant LiveTeam::next_stop(base::Instant now) const {
  auto next = kNever;
  for (const auto& [member, lane] : lanes)
    for (const auto at : {lane.run.run_end.get(), lane.run.presence_until()})
      if (lane.run.has_run && at > now) next = std::min(next, at);
  return next;
}

LiveTeam::Pace LiveTeam::pace(base::Instant now) const {
  Pace pace;
  std::vector<base::Instant> ends;
  for (const auto& [member, lane] : lanes) {
    if (lane.run.open_streams > 0) ++pace.streaming;
    if (lane.run.uses_time(now)) ends.push_back(lane.run.span(now).end);
  }
  std::ranges::sort(ends, std::greater{});
  if (at_most > 0) {
    pace.streaming = std::min(pace.streaming, at_most);
    if (std::ssize(ends) > at_most) ends.resize(static_cast<std::size_t>(at_most));
  }
  pace.rate = static_cast<std::int32_t>(ends.size());
  base::Micros ahead{};
  for (const auto end : ends) ahead += end - now;
  if (pace.rate > 0) pace.as_of = now + ahead / pace.rate;
  return pace;
}

}  // namespace metering
