// The ledger beside a model that knows nothing of intervals: one bit and one
// payer a millisecond.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/ledger/ledger_fixture.hpp"

namespace ledger {
namespace {

constexpr std::int64_t kStart = 1'000'000;
constexpr std::int64_t kGapMs = 40;
const Tariff kTariff{3, base::Millis{kGapMs}, base::Millis{10}};

struct ModelGrant {
  std::int64_t issued_at, expires_at, priority;  // expires_at INT64_MAX: never
  std::int64_t issued;
  base::GrantId id;
};

struct Paid {
  std::map<base::GrantId, std::int64_t> consumed;
  std::int64_t billed = 0;
};

// What was used and what was given; who pays is computed from nothing but
// these, in order of time.
struct ModelAccount {
  std::vector<ModelGrant> grants;
  std::map<std::string, std::set<std::int64_t>> used;  // per lane, milliseconds

  void use(const std::string& lane, std::int64_t start, std::int64_t end) {
    auto& mine = used[lane];
    // Everything up to a used millisecond within the gap belongs to the run, on
    // both sides.
    const auto after = mine.lower_bound(end);
    if (after != mine.end() && *after - end <= kGapMs) end = *after;
    const auto before = mine.lower_bound(start);
    if (before != mine.begin() && start - *std::prev(before) - 1 <= kGapMs)
      start = *std::prev(before);
    for (auto ms = start; ms < end; ++ms) mine.insert(ms);
  }
  [[nodiscard]] std::size_t used_ms() const {
    std::size_t sum = 0;
    for (const auto& [lane, mine] : used) sum += mine.size();
    return sum;
  }
  [[nodiscard]] Paid pay() const {
    auto left = grants;
    std::ranges::sort(left, {}, [](const ModelGrant& grant) {
      return std::tuple{grant.priority, grant.expires_at, grant.issued_at, grant.id};
    });
    std::set<std::pair<std::int64_t, std::string>> all;
    for (const auto& [lane, mine] : used)
      for (const auto ms : mine) all.emplace(ms, lane);
    Paid paid;
    auto at = INT64_MIN;
    std::int32_t charged = 0;
    for (const auto& [ms, lane] : all) {
      if (std::exchange(at, ms) != ms) charged = 0;
      if (lane_limit(lane) > 0 && ++charged > lane_limit(lane)) continue;
      const auto payer = std::ranges::find_if(left, [&](const ModelGrant& grant) {
        return grant.issued > 0 && grant.issued_at <= ms && ms < grant.expires_at;
      });
      if (payer == left.end()) continue;
      --payer->issued;
      ++paid.consumed[payer->id];
      ++paid.billed;
    }
    return paid;
  }
};

void expect_same(LedgerFixture& ledger, base::AccountId id, const ModelAccount& model) {
  auto paid = model.pay();
  const auto grants = ledger.grants(id);
  ASSERT_EQ(grants.size(), model.grants.size());
  for (const auto& grant : grants) {
    ASSERT_EQ(grant.consumed.count(), paid.consumed[grant.id]);
    ASSERT_GE(grant.available.count(), 0);
    ASSERT_EQ(grant.issued, grant.available + grant.consumed + grant.expired);
  }
  std::int64_t billed = 0;
  std::int64_t unbilled = 0;
  std::map<std::string, base::Instant> last_start;
  for (const auto& run : ledger.runs(id)) {
    const auto later = last_start.find(run.lane);
    if (later != last_start.end()) ASSERT_GT(later->second - run.span.end, kTariff.idle_gap);
    last_start[run.lane] = run.span.start;
    billed += run.billed.count();
    unbilled += run.unbilled.count();
    std::int64_t shares = 0;
    for (const auto& share : run.grants) shares += share.amount.count();
    ASSERT_EQ(shares, run.billed.count());
  }
  ASSERT_EQ(billed, paid.billed);
  ASSERT_EQ(billed + unbilled, static_cast<std::int64_t>(model.used_ms()));
}

class Play {
 public:
  // `rule`: what follows the member's name in a lane.
  Play(LedgerFixture& ledger, unsigned seed, int lanes, std::string rule = {})
      : ledger_(ledger), engine_(seed), lanes_(lanes), rule_(std::move(rule)) {
    for (auto& id : ids_) id = ledger.new_account();
  }
  void step() {
    ledger_.clock.advance(base::Millis{draw(0, 200)});
    const auto who = static_cast<std::size_t>(draw(0, 1));
    const auto what = draw(0, 9);
    if (what < 2)
      issue(who);
    else if (what < 9)
      settle(who);
    else
      expire();
  }
  void check() {
    for (std::size_t i = 0; i < ids_.size(); ++i) expect_same(ledger_, ids_[i], models_[i]);
  }

 private:
  std::int64_t draw(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(engine_);
  }
  std::int64_t now() { return base::to_unix_ms(ledger_.clock.now()); }
  void issue(std::size_t who) {
    const auto amount = draw(1, 400);
    auto wanted = ledger_.wanted(ids_[who], amount, ids_[who].text() + std::to_string(++keys_));
    wanted.priority = static_cast<int>(draw(1, 3));
    const auto expires = draw(0, 1) == 0 ? INT64_MAX : now() + draw(1, 600);
    if (expires != INT64_MAX) wanted.expires_at = at_ms(expires);
    const auto grant = base::block_on(ledger_->issue(wanted)).value();
    models_[who].grants.push_back({now(), expires, wanted.priority, amount, grant.id});
  }
  void settle(std::size_t who) {
    const auto end = now() - draw(0, 300);
    const auto start = end - draw(1, 150);
    auto snapshot = ledger_.snapshot(ids_[who], start, end);
    snapshot.lane = lanes_ == 1 ? "" : static_cast<char>('a' + draw(1, lanes_)) + rule_;
    const auto repeats = draw(1, 2);
    for (std::int64_t i = 0; i < repeats; ++i) ledger_.settle(snapshot);
    models_[who].use(snapshot.lane, start, end);
  }
  void expire() {
    ASSERT_TRUE(base::block_on(ledger_->expire_due(ledger_.clock.now())).has_value());
  }
  LedgerFixture& ledger_;
  std::mt19937 engine_;
  std::array<base::AccountId, 2> ids_;
  std::array<ModelAccount, 2> models_;
  int lanes_;
  std::string rule_;
  int keys_ = 0;
};

// Use comes in late and twice, grants expire and are swept in between: who pays
// is decided by the time of use alone. D22, D25.
TEST(LedgerModel, AgreesWithOneBitAndOnePayerAMillisecond) {
  LedgerFixture ledger(kTariff);
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    const std::array<std::string, 3> rules{"", "/2", "/1"};  // of three lanes
    Play play(ledger, seed, seed % 3 == 0 ? 3 : 1, seed % 3 == 0 ? rules.at(seed / 3 % 3) : "");
    for (int step = 0; step < 25; ++step) {
      play.step();
      play.check();
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  const auto report = ledger.verify();
  EXPECT_TRUE(report.ok) << ::testing::PrintToString(report.faults);
}

// What a meter says about a few live runs: growing snapshots, the last one
// closed.
std::vector<RunSnapshot> random_snapshots(LedgerFixture& ledger, base::AccountId account,
                                          std::mt19937& engine, int at_most) {
  std::vector<RunSnapshot> all;
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>{low, high}(engine);
  };
  // Which of two members pays for a millisecond of which each used a part depends on the order.
  const base::Micros grain{at_most > 0 ? 1'000 : 1};
  for (int live = 0; live < 6; ++live) {
    auto one = ledger.snapshot(account, kStart + draw(0, 900), 0);
    one.span.end = one.span.start + grain * draw(1, 30'000 / static_cast<int>(grain.count()));
    one.opened_by = static_cast<RouteClass>(draw(0, 5));
    if (engine() % 4 == 0) one.lane = "other";
    if (at_most > 0)
      one.lane = fmt::format("{}/{}", static_cast<char>('a' + engine() % 3), at_most);
    for (int step = 0; step < 4; ++step) {
      one.span.end += grain * draw(0, 40'000 / static_cast<int>(grain.count()));
      one.proofs += draw(0, 3);
      one.requests += draw(0, 2);
      one.overlap += base::Millis{draw(0, 5)};
      one.routes.at(static_cast<std::size_t>(draw(0, 5))) += 1;
      one.last_proof = one.span.end - base::Micros{draw(1, 50)};
      if (step == 3) one.ended = static_cast<RunEnd>(draw(0, 4));
      all.push_back(one);
    }
  }
  return all;
}

bool same_run(const StoredRun& a, const StoredRun& b) {
  return a.id == b.id && a.span == b.span && a.ended == b.ended && a.billed == b.billed &&
         a.unbilled == b.unbilled && a.overlap == b.overlap && a.proofs == b.proofs &&
         a.requests == b.requests && a.routes == b.routes && a.opened_by == b.opened_by &&
         a.last_proof == b.last_proof && a.lane == b.lane &&
         // Where no time was left and others were in use, too, the first that was seen is the
         // reason.
         (a.unbilled_reason == b.unbilled_reason || lane_limit(a.lane) > 0);
}

// As amounts by business key: the two accounts have grants of their own.
std::map<std::string, std::int64_t> consumed(LedgerFixture& ledger, base::AccountId account) {
  std::map<std::string, std::int64_t> amounts;
  for (const auto& grant : ledger.grants(account))
    amounts[grant.business_key.substr(grant.business_key.find('#'))] = grant.consumed.count();
  return amounts;
}

// Too little for all of the use, and some of it expires on the way.
void issue_scarce(LedgerFixture& ledger, base::AccountId account, unsigned seed) {
  std::mt19937 engine(seed);
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>{low, high}(engine);
  };
  for (int i = 0; i < 4; ++i) {
    auto wanted = ledger.wanted(account, draw(20, 250), fmt::format("{}#{}", account.text(), i));
    wanted.priority = draw(1, 3);
    if (i < 3) wanted.expires_at = at_ms(kStart + draw(100, 1000));
    const auto issued = base::block_on(ledger.database().write_operator<IssuedGrant>(
        [&](sql::OperatorTx& tx) { return ledger->issue_grant(tx, wanted, at_ms(kStart)); }));
    ASSERT_TRUE(issued.has_value());
  }
}

// Invariant 4, with D9 and D10: order and repetition change nothing, also when
// the time runs out and grants expire and are swept in between.
TEST(LedgerModel, AnyOrderAndRepetitionOfSettlementsGivesTheSameRunsAndBalances) {
  LedgerFixture ledger(kTariff);
  std::uniform_int_distribution<int> draw_sweep{0, 5};
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 engine(seed);
    const auto first = ledger.new_account();
    const auto second = ledger.new_account();
    for (const auto account : {first, second}) issue_scarce(ledger, account, seed);
    ledger.clock.advance(std::chrono::hours{1});
    auto snapshots = random_snapshots(ledger, first, engine, static_cast<int>(seed) % 3);
    ASSERT_TRUE(base::block_on(ledger->settle(snapshots)).has_value());
    for (int i = 0; i < 10; ++i) snapshots.push_back(snapshots[engine() % snapshots.size()]);
    std::ranges::shuffle(snapshots, engine);
    for (auto& snapshot : snapshots) {
      snapshot.account = second;
      ledger.settle(snapshot);
      if (draw_sweep(engine) == 0)
        ASSERT_TRUE(base::block_on(ledger->expire_due(at_ms(kStart + 2000))).has_value());
    }
    EXPECT_EQ(consumed(ledger, first), consumed(ledger, second));
    EXPECT_TRUE(std::ranges::equal(ledger.runs(first), ledger.runs(second), same_run));
    EXPECT_EQ(ledger.balance(first).available, ledger.balance(second).available);
  }
  EXPECT_TRUE(ledger.verify().ok);
}

}  // namespace
}  // namespace ledger
