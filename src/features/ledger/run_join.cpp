#include "features/ledger/run_join.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ledger {

namespace {

// Of two ends of one run the later counts; at the same instant a closed run
// stays closed. A total order, so that the order of settlements does not
// matter.
auto end_rank(base::Instant end, const std::optional<RunEnd>& ended) {
  return std::tuple{end, ended.has_value(), ended.value_or(RunEnd::idle)};
}

// Of two beginnings the earlier counts.
auto opening_rank(base::Instant start, const std::optional<RouteClass>& opened_by) {
  return std::tuple{start, !opened_by.has_value(), opened_by.value_or(RouteClass::data)};
}

bool overlaps(const Interval& a, const Interval& b) { return a.start <= b.end && b.start <= a.end; }

// The nearest run on each side and whatever lies between, where the tariff says
// so.
std::vector<StoredRun> joining(const RunSnapshot& snapshot, std::span<const StoredRun> stored,
                               const TariffBook& book) {
  std::vector<const StoredRun*> lane;
  for (const auto& run : stored)
    if (run.lane == snapshot.lane) lane.push_back(&run);
  std::ranges::sort(lane, {}, [](const StoredRun* run) { return run->span.start; });
  std::vector<StoredRun> joined;
  const StoredRun* before = nullptr;
  const StoredRun* after = nullptr;
  for (const auto* run : lane) {
    if (overlaps(run->span, snapshot.span))
      joined.push_back(*run);
    else if (run->span.end < snapshot.span.start)
      before = run;
    else if (after == nullptr)
      after = run;
  }
  const auto reaches = [&](const StoredRun& run) {
    return snapshot.span.start - run.span.end <= book.version(run.tariff).idle_gap;
  };
  if (before != nullptr && (joined.empty() || joined.front().span.start > snapshot.span.start) &&
      reaches(*before))
    joined.insert(joined.begin(), *before);
  const bool opens = joined.empty() || snapshot.span.start < joined.front().span.start;
  const auto& tariff = opens ? book.at(snapshot.span.start) : book.version(joined.front().tariff);
  if (after != nullptr && (joined.empty() || joined.back().span.end < snapshot.span.end) &&
      after->span.start - snapshot.span.end <= tariff.idle_gap)
    joined.push_back(*after);
  return joined;
}

void add_stored(StoredRun& run, const StoredRun& stored) {
  if (end_rank(stored.span.end, stored.ended) > end_rank(run.span.end, run.ended))
    run.ended = stored.ended;
  if (opening_rank(stored.span.start, stored.opened_by) <
      opening_rank(run.span.start, run.opened_by))
    run.opened_by = stored.opened_by;
  if (stored.span.start <= run.span.start) run.tariff = stored.tariff;
  run.span = hull(run.span, stored.span);
  if (stored.id <= run.id) {
    run.id = stored.id;
    run.entry = stored.entry;
    run.last_entry = stored.last_entry;
  }
  run.billed += stored.billed;
  run.unbilled += stored.unbilled;
  run.unbilled_reason = std::max(run.unbilled_reason, stored.unbilled_reason);
  run.overlap += stored.overlap;
  run.proofs += stored.proofs;
  run.requests += stored.requests;
  add_routes(run.routes, stored.routes);
  run.last_proof = std::max(run.last_proof, stored.last_proof);
  for (const auto& share : stored.grants) add_share(run.grants, share.grant, share.amount);
}

}  // namespace

JoinedRun join(const RunSnapshot& snapshot, std::span<const StoredRun> stored,
               const TariffBook& book) {
  JoinedRun result;
  result.joined = joining(snapshot, stored, book);
  auto& run = result.run;
  run.id = snapshot.run;
  run.account = snapshot.account;
  run.span = snapshot.span;
  run.ended = snapshot.ended;
  run.tariff = book.at(snapshot.span.start).version;
  run.lane = snapshot.lane;
  run.opened_by = snapshot.opened_by;
  run.last_proof = snapshot.last_proof;
  std::vector<Interval> covered;
  base::Millis covered_time{};
  for (const auto& one : result.joined) {
    covered.push_back(one.span);
    covered_time += billed_time(one.span);
    add_stored(run, one);
  }
  for (const auto& one : result.joined)
    if (one.id != run.id) result.absorbs.push_back(one.id);
  result.uncovered = uncovered(run.span, covered);
  result.uncovered_time = billed_time(run.span) - covered_time;
  return result;
}

base::Instant reburn_start(base::Instant from, std::span<const StoredRun> runs) {
  for (bool moved = true; std::exchange(moved, false);)
    for (const auto& run : runs)
      if (run.span.start < from && run.span.end > from) {
        from = run.span.start;
        moved = true;
      }
  return from;
}

}  // namespace ledger
