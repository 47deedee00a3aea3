#include "features/metering/live_account.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace metering {

namespace {

constexpr base::Millis kNone{0};
// Nearly nine years: in a longer run no later proof is told.
constexpr std::int64_t kLatest = (std::int64_t{1} << 48U) - 1;

constexpr std::uint64_t kLatestPresence = (std::uint64_t{1} << 40U) - 1;  // over thirty years

// Finalizer of splitmix64: spreads ids over the 80 bits that are not time.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// The run begins now where it does; the one before it ended at `before`. Where the pause is one
// that idle_gap closes, the ledger joins both and bills the pause: what is left knows it now and
// not with the next settlement. Where the run begins before that end, the ledger has what lies over
// the one before: it is not new. The snapshots say only what was proved.
void follow(LiveAccount& account, base::Instant before, base::Micros idle_gap) {
  const auto pause = account.run_start.get() - before;
  if (pause > idle_gap) {
    const bool known = pause.count() < LiveAccount::kLongPause;
    account.pause_before =
        known ? static_cast<std::uint32_t>(pause.count()) : LiveAccount::kLongPause;
    return;
  }
  account.pause_before = LiveAccount::kJoined;
  const base::Instant start = account.run_start;
  if (pause > base::Micros{0})
    account.handed -= ledger::billed_time({before, start});
  else
    account.handed += ledger::billed_time({start, std::min(before, account.run_end.get())});
}

base::Instant last_proof(const LiveAccount& account) {
  return account.run_start.get() + base::Micros{static_cast<std::int64_t>(account.last_proof)};
}

void set_last_proof(LiveAccount& account, base::Instant start) {
  const auto after = std::min((start - account.run_start.get()).count(), kLatest);
  account.last_proof = static_cast<std::uint64_t>(after) & kLatest;
}

// Before the run's start moves. Of proofs that begin together, the first by class counts as the one
// that opened the run, so that their order does not matter.
void add_route(LiveAccount& account, const RunRoutes& routes, base::Instant start,
               const ProofCount& count) {
  if (count.proofs == 0) return;
  routes.count(account, count.route, count.proofs);
  const base::Instant opened = account.run_start;
  if (start < opened || (start == opened && count.route < account.opened_by))
    account.opened_by = count.route;
}

// Whatever is no sign of life of a page.
std::int64_t requests_in(const ledger::RouteCounts& counts, std::int64_t proofs) {
  return proofs - counts.at(std::to_underlying(ledger::RouteClass::beat));
}

void begin_run(LiveAccount& account, const RunRoutes& routes, const ledger::Interval& span,
               const ProofCount& count, base::Micros idle_gap) {
  const base::Instant before = account.run_start;
  routes.clear(account);
  account.run = run_id_of(account.id, span);
  account.run_start = span.start;
  account.run_end = span.end;
  account.has_run = true;
  account.over = false;
  account.handed = kNone;
  account.presence_ms = 0;
  account.evidence = count.length;
  routes.count(account, count.route, count.proofs);
  account.opened_by = count.route;
  account.last_proof = 0;
  follow(account, before, idle_gap);
}

// A late proof moved the beginning to `start`.
void begin_earlier(LiveAccount& account, base::Instant start, base::Micros idle_gap) {
  const base::Instant old = account.run_start;
  const auto until = account.presence_until();
  const auto pause = account.pause_before;
  account.run_start = start;
  account.set_presence(until);
  if (pause == LiveAccount::kJoined)  // what the beginning moved over is counted already
    account.handed += ledger::billed_time({start, old});
  else if (pause != LiveAccount::kLongPause)
    follow(account, old - base::Micros{pause}, idle_gap);
}

}  // namespace

ledger::Interval LiveAccount::span(base::Instant now) const {
  return {run_start, open_streams > 0 ? std::max(run_end.get(), now) : run_end.get()};
}

base::Millis LiveAccount::live(base::Instant now) const {
  return has_run ? ledger::billed_time(span(now)) - handed.get() : kNone;
}

base::Millis LiveAccount::remaining(base::Instant now, base::Millis beside) const {
  return std::max(kNone, balance.get() - pending.get() - live(now) - beside);
}

bool LiveAccount::uses_time(base::Instant now) const {
  return has_run && !over && (open_streams > 0 || now < run_end.get() || now < presence_until());
}

base::Instant LiveAccount::presence_until() const {
  return has_run ? run_start.get() + base::Millis{presence_ms} : base::Instant{};
}

void LiveAccount::set_presence(base::Instant until) {
  const auto after = std::chrono::floor<base::Millis>(until - run_start.get()).count();
  if (after > static_cast<std::int64_t>(presence_ms))
    presence_ms = static_cast<std::uint64_t>(after) & kLatestPresence;
}

std::optional<base::RunId> LiveAccount::run_at(base::Instant now, base::Micros idle_gap) const {
  if (!has_run || (open_streams == 0 && now - run_end.get() > idle_gap)) return std::nullopt;
  return run.get();
}

void LiveAccount::drop_run(const RunRoutes& routes) {
  routes.clear(*this);
  has_run = false;
  over = false;
  run_start = run_end.get();
  handed = kNone;
}

Admission LiveAccount::admission(base::Instant now, base::Micros idle_gap,
                                 base::Millis beside) const {
  if (!loaded) return {};
  Admission answer;
  answer.remaining = remaining(now, beside);
  answer.run = run_at(now, idle_gap);
  if (answer.remaining > kNone)
    answer.verdict = Verdict::admitted;
  else if (lack == Lack::held)
    answer.verdict = Verdict::account_held;
  else
    answer.verdict =
        lack == Lack::never_granted ? Verdict::subscription_required : Verdict::hours_exhausted;
  return answer;
}

base::AccountId run_seed(base::AccountId account, const Member& member) {
  const auto [high, low] = account.bits();
  return base::AccountId{{high ^ member.user.bits().high, low ^ member.user.bits().low}};
}

base::RunId run_id_of(base::AccountId account, const ledger::Interval& span, std::uint64_t late) {
  const auto seed = mix(account.bits().low ^ mix(account.bits().high));
  const auto start = static_cast<std::uint64_t>(base::to_micros(span.start));
  const auto end = static_cast<std::uint64_t>(base::to_micros(span.end));
  const auto low = mix(seed + start * 0x9E3779B97F4A7C15ULL + mix(end) + mix(late));
  const auto milliseconds = static_cast<std::uint64_t>(base::to_unix_ms(span.start));
  return base::RunId{{(milliseconds << 16) | (mix(low) & 0xffff), low}};
}

Joined add_span(LiveAccount& account, const RunRoutes& routes, const ledger::Interval& span,
                const ProofCount& count, base::Micros idle_gap) {
  if (!account.has_run) {
    begin_run(account, routes, span, count, idle_gap);
    return Joined::current;
  }
  const ledger::Interval current{account.run_start, account.run_end};
  if (!ledger::joins(current, span, idle_gap))
    return span.start > current.end ? Joined::later : Joined::earlier;
  const auto gap = std::max({base::Micros{0}, span.start - current.end, current.start - span.end});
  const auto joined = ledger::hull(current, span);
  add_route(account, routes, span.start, count);
  const auto last = std::max(last_proof(account), span.start);
  if (joined.start < current.start) begin_earlier(account, joined.start, idle_gap);
  set_last_proof(account, last);
  account.over = false;
  account.run_end = joined.end;
  account.evidence += count.length + gap;
  return Joined::current;
}

void go_on_from(LiveAccount& account, base::Instant last_end, base::Micros idle_gap) {
  const base::Instant start = account.run_start;
  if (!account.has_run)
    account.run_start = std::max(start, last_end);
  else if (account.pause_before != LiveAccount::kJoined && last_end < start)
    follow(account, last_end, idle_gap);
}

QueuedRun hand_over(LiveAccount& account, const RunRoutes& routes, base::Instant now,
                    base::Micros open_length) {
  const auto span = account.span(now);
  account.run_end = span.end;
  const auto overlap = account.evidence + open_length - (span.end - span.start);
  const auto counts = routes.counts(account);
  const auto proofs = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  QueuedRun queued;
  queued.snapshot = {.account = account.id,
                     .run = account.run,
                     .span = span,
                     .proofs = proofs,
                     .requests = requests_in(counts, proofs),
                     .overlap = std::max(kNone, std::chrono::floor<base::Millis>(overlap)),
                     .ended = std::nullopt,
                     .routes = counts,
                     .opened_by = ledger::RouteClass{account.opened_by},
                     .last_proof = last_proof(account)};
  queued.pending = account.live(now);
  account.handed += queued.pending;
  account.pending += queued.pending;
  return queued;
}

// Not subtracted from what is left before the ledger says that it was new: most late proofs lie
// inside a run that is settled already.
QueuedRun single_run(base::AccountId account, const Member& member, const ledger::Interval& span,
                     const ProofCount& count, std::uint64_t number) {
  ledger::RouteCounts counts{};
  counts.at(std::to_underlying(count.route)) = count.proofs;
  return {
      .snapshot = {.account = account,
                   .run = run_id_of(run_seed(account, member), span, number),
                   .span = span,
                   .proofs = count.proofs,
                   .requests = requests_in(counts, count.proofs),
                   .overlap = {},
                   .ended = ledger::RunEnd::idle,
                   .routes = counts,
                   .opened_by = count.route,
                   .last_proof = span.start,
                   .lane = member.side_by_side() ? ledger::lane_name(member.user, member.at_most)
                                                 : std::string{}},
      .pending = {}};
}

void absorb(QueuedRun& one, const QueuedRun& other) {
  auto& into = one.snapshot;
  const auto& from = other.snapshot;
  const auto rank = [](const ledger::RunSnapshot& snapshot) {
    return std::tuple{snapshot.proofs, snapshot.span.end, snapshot.ended.has_value()};
  };
  if (rank(from) > rank(into)) into.ended = from.ended;
  const auto opening = [](const ledger::RunSnapshot& snapshot) {
    return std::tuple{snapshot.span.start, snapshot.opened_by};
  };
  if (opening(from) < opening(into)) into.opened_by = from.opened_by;
  into.span = ledger::hull(into.span, from.span);
  into.proofs = std::max(into.proofs, from.proofs);
  into.requests = std::max(into.requests, from.requests);
  into.overlap = std::max(into.overlap, from.overlap);
  for (std::size_t i = 0; i < into.routes.size(); ++i)
    into.routes.at(i) = std::max(into.routes.at(i), from.routes.at(i));
  into.last_proof = std::max(into.last_proof, from.last_proof);
  one.pending += other.pending;
}

}  // namespace metering
