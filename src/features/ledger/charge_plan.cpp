#include "features/ledger/charge_plan.hpp"

#include <algorithm>
#include <tuple>

#include "features/ledger/run_store.hpp"

namespace ledger {

namespace {

bool is_joined(const JoinedRun& joined, base::RunId id) {
  return std::ranges::find(joined.joined, id, &StoredRun::id) != joined.joined.end();
}

std::vector<base::GrantId> swept_of(const std::vector<StoredGrant>& grants) {
  std::vector<base::GrantId> swept;
  for (const auto& grant : grants)
    if (grant.expired.count() > 0) swept.push_back(grant.id);
  return swept;
}

void add_to(ChargeChange& change, const Burned& burned) {
  change.run.billed += burned.billed();
  change.run.unbilled += burned.unbilled;
  change.unbilled += burned.unbilled;
  change.run.unbilled_reason = std::max(change.run.unbilled_reason, burned.reason);
  for (const auto& share : burned.shares) add_share(change.taken, share.grant, share.amount);
}

// Other members' use that is charged already: it takes its place among those who are billed at a
// time, and nothing else.
std::vector<Use> charged_beside(const JoinedRun& joined, std::span<const StoredRun> runs) {
  std::vector<Use> uses;
  if (lane_limit(joined.run.lane) == 0) return uses;
  for (const auto& run : runs)
    if (run.lane != joined.run.lane && run.span.end > joined.uncovered.front().start)
      uses.push_back({.pieces = {run.span},
                      .total = billed_time(run.span),
                      .most = base::Millis{0},
                      .at_most = lane_limit(run.lane)});
  return uses;
}

// Nothing else has to change: the new time takes what the grants have left.
ChargePlan charge_new_time(const Purse& purse, const JoinedRun& joined,
                           std::span<const StoredRun> runs) {
  ChargePlan plan;
  plan.joined.run = joined.run;
  if (joined.uncovered.empty()) return plan;
  const auto from = joined.uncovered.front().start;
  Use use{.pieces = joined.uncovered,
          .total = joined.uncovered_time,
          .at_most = lane_limit(joined.run.lane)};
  if (joined.uncovered.size() == 1 && from > joined.run.span.start)
    use.lead = (from - joined.run.span.start) % base::Millis{1};
  auto uses = charged_beside(joined, runs);
  uses.push_back(std::move(use));
  auto grants = purse.grants_for_use(from);
  plan.swept = swept_of(grants);
  auto burned = burn(uses, grants);
  if (burned.back().unbilled.count() > 0) {
    // The reason depends on grants that are used up, too.
    grants = purse.grants;
    burned = burn(uses, grants);
  }
  add_to(plan.joined, burned.back());
  return plan;
}

// A run whose charges are made anew from `from` on.
struct Redone {
  ChargeChange change;
  std::vector<GrantShare> old_shares;
  base::Millis old_unbilled{};
  Use use;
};

// Part of the joined run: what began before `from` keeps its charges.
Redone redo_joined(const JoinedRun& joined, base::Instant from) {
  Redone redone;
  redone.change.run = joined.run;
  base::Instant start = joined.run.span.start;
  base::Millis most = joined.uncovered_time;
  for (const auto& stored : joined.joined) {
    if (stored.span.start < from) {
      start = stored.span.end;
      continue;
    }
    for (const auto& share : stored.grants) add_share(redone.old_shares, share.grant, share.amount);
    redone.old_unbilled += stored.unbilled;
    most += stored.billed;
  }
  const auto& span = joined.run.span;
  redone.use.pieces = {{start, span.end}};
  redone.use.lead = (start - span.start) % base::Millis{1};
  redone.use.total = billed_time(span) - billed_time({span.start, start});
  redone.use.most = most;
  redone.use.at_most = lane_limit(joined.run.lane);
  return redone;
}

Redone redo_other(const StoredRun& stored) {
  Redone redone;
  redone.change.run = stored;
  redone.old_shares = redone.change.run.grants;
  redone.old_unbilled = stored.unbilled;
  redone.use.pieces = {stored.span};
  redone.use.total = billed_time(stored.span);
  redone.use.most = stored.billed;
  redone.use.at_most = lane_limit(stored.lane);
  return redone;
}

// False when time was taken back from one of the grants: what it paid for is
// settled by refund and debt and is not looked at again.
bool give_back(std::vector<Redone>& redone, std::vector<StoredGrant>& grants) {
  for (const auto& one : redone)
    for (const auto& share : one.old_shares) {
      const auto grant = std::ranges::find(grants, share.grant, &StoredGrant::id);
      if (grant == grants.end() || grant->revoked.count() > 0 || grant->consumed < share.amount)
        return false;
      grant->consumed -= share.amount;
      grant->available += share.amount;
    }
  return true;
}

void compare(Redone& redone, const Burned& burned) {
  auto& change = redone.change;
  change.run.unbilled += burned.unbilled - redone.old_unbilled;
  change.unbilled = burned.unbilled - redone.old_unbilled;
  change.run.unbilled_reason = std::max(change.run.unbilled_reason, burned.reason);
  auto differences = burned.shares;
  for (const auto& share : redone.old_shares) {
    change.run.billed -= share.amount;
    add_share(differences, share.grant, -share.amount);
  }
  change.run.billed += burned.billed();
  for (const auto& share : differences) {
    if (share.amount.count() > 0) change.taken.push_back(share);
    if (share.amount.count() < 0) change.back.push_back({share.grant, -share.amount});
  }
}

}  // namespace

void apply_shares(ChargeChange& change) {
  auto& shares = change.run.grants;
  for (const auto& share : change.back) add_share(shares, share.grant, -share.amount);
  for (const auto& share : change.taken) add_share(shares, share.grant, share.amount);
  std::erase_if(shares, [](const GrantShare& share) { return share.amount.count() == 0; });
  std::ranges::sort(shares, {}, &GrantShare::grant);
}

ChargePlan plan_charges(sql::AccountTx& tx, const Purse& purse, const JoinedRun& joined,
                        std::span<const StoredRun> runs) {
  if (joined.uncovered.empty()) return charge_new_time(purse, joined, runs);
  auto from = reburn_start(joined.uncovered.front().start, runs);
  if (std::ranges::none_of(runs, [&](const StoredRun& run) { return run.span.end > from; }))
    return charge_new_time(purse, joined, runs);
  std::vector<StoredRun> tail;
  for (auto before = from;; before = from) {
    tail = list_runs_ending_from(tx, from);
    from = reburn_start(from, tail);
    if (from == before) break;
  }
  std::vector<Redone> redone{redo_joined(joined, from)};
  for (const auto& run : tail)
    if (run.span.start >= from && !is_joined(joined, run.id)) redone.push_back(redo_other(run));
  // Milliseconds of the same instant are paid in the order of lanes, whichever
  // came in first.
  std::ranges::sort(redone, {}, [](const Redone& one) {
    return std::tuple{one.change.run.lane, one.change.run.span.start};
  });
  auto grants = purse.grants;
  if (!give_back(redone, grants)) return charge_new_time(purse, joined, runs);
  std::vector<Use> uses;
  for (const auto& one : redone) uses.push_back(one.use);
  ChargePlan plan;
  plan.swept = swept_of(grants);
  const auto burned = burn(uses, grants);
  for (std::size_t i = 0; i < redone.size(); ++i) {
    auto& change = redone[i].change;
    compare(redone[i], burned[i]);
    if (change.run.id == joined.run.id)
      plan.joined = std::move(change);
    else if (!change.back.empty() || !change.taken.empty())
      plan.others.push_back(std::move(change));
  }
  return plan;
}

}  // namespace ledger
