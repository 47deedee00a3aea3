// The live meter and a real ledger against a brute-force oracle: a bit for every millisecond.
// The tariff is small, so that a few seconds hold many gaps just shorter and longer than idle_gap.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "features/metering/test_world.hpp"

namespace metering {
namespace {

using Span = TestWorld::Span;

constexpr std::int64_t kGap = 60;
constexpr std::int64_t kMinProof = 10;

class Bitmap {
 public:
  void prove(std::int64_t start, std::int64_t end) {
    end = std::max(end, start + kMinProof);
    if (std::ssize(used_) < end) used_.resize(static_cast<std::size_t>(end));
    for (auto ms = start; ms < end; ++ms) used_[static_cast<std::size_t>(ms)] = true;
  }
  [[nodiscard]] std::vector<Span> runs(std::int64_t offset) const {
    std::vector<Span> runs;
    for (std::int64_t ms = 0; ms < std::ssize(used_); ++ms) {
      if (!used_[static_cast<std::size_t>(ms)]) continue;
      if (runs.empty() || ms + offset - runs.back().end > kGap)
        runs.push_back({ms + offset, ms + offset + 1});
      runs.back().end = ms + offset + 1;
    }
    return runs;
  }
  [[nodiscard]] std::int64_t billed() const {
    std::int64_t sum = 0;
    for (const auto& run : runs(0)) sum += run.end - run.start;
    return sum;
  }

 private:
  std::vector<bool> used_;
};

// One world for all cases of a property: each case has accounts of its own and begins later.
struct Arena {
  TestWorld world{
      {}, {.version = 1, .idle_gap = base::Millis{kGap}, .min_proof = base::Millis{kMinProof}}};
  std::int64_t offset = 0;
  std::int64_t now = 0;  // of the case, milliseconds after `offset`

  base::AccountId begin() {
    offset += 1'000'000;
    now = 0;
    world.go_to(offset);
    return world.account_with(std::chrono::hours{1});
  }
  void pass(std::int64_t ms) {
    now += ms;
    world.go_to(offset + now);
  }
};

// A request that began at most 300 ms ago and has ended.
Span random_proof(std::int64_t now) {
  const auto start = std::max<std::int64_t>(0, now - *rc::gen::inRange<std::int64_t>(0, 300));
  const auto end = std::min(now, start + *rc::gen::inRange<std::int64_t>(0, 80));
  return {start, end};
}

RC_GTEST_PROP(MeteringProperty, AnyUseOfSeveralAccountsBillsWhatTheBitmapSays, ()) {
  static Arena arena;
  struct Tab {
    StreamId stream;
    std::size_t account;
    std::int64_t start;
  };
  base::ManualExecutor loop;
  const std::vector<base::AccountId> accounts{arena.begin(),
                                              arena.world.account_with(std::chrono::hours{1})};
  std::vector<Bitmap> oracle(accounts.size());
  std::vector<Tab> tabs;
  auto& meter = arena.world.meter();
  const auto close = [&](const Tab& tab) {
    meter.close_stream(tab.stream, at_ms(arena.offset + arena.now));
    oracle[tab.account].prove(tab.start, arena.now);
  };
  const auto steps = *rc::gen::inRange(1, 40);
  for (int step = 0; step < steps; ++step) {
    arena.pass(*rc::gen::inRange<std::int64_t>(0, 110));
    const auto which = *rc::gen::inRange<std::size_t>(0, accounts.size());
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        arena.world.settle();
        break;
      case 1:
        meter.tick(arena.world.now());
        break;
      case 2:
        meter.record_beat(accounts[which], arena.world.now());
        oracle[which].prove(arena.now, arena.now);
        break;
      case 3:
        tabs.push_back({meter.open_stream(accounts[which], at_ms(arena.offset + arena.now), loop,
                                          [](CutReason) {}),
                        which, arena.now});
        break;
      case 4:
        if (!tabs.empty()) close(tabs.back()), tabs.pop_back();
        break;
      default:
        const auto proof = random_proof(arena.now);
        for (int copies = *rc::gen::inRange(1, 3); copies > 0; --copies)
          arena.world.use(accounts[which], arena.offset + proof.start, arena.offset + proof.end);
        oracle[which].prove(proof.start, proof.end);
    }
  }
  for (const auto& tab : tabs) close(tab);
  arena.world.settle();
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    RC_ASSERT(arena.world.runs(accounts[i]) == oracle[i].runs(arena.offset));
    RC_ASSERT(arena.world.billed(accounts[i]) == oracle[i].billed());
    RC_ASSERT(arena.world.billed(accounts[i]) <= arena.now + kMinProof);
    const auto left = 3'600'000 - oracle[i].billed();
    RC_ASSERT(arena.world.available(accounts[i]) == left);
    RC_ASSERT(meter.view(accounts[i], arena.world.now())->remaining.count() == left);
  }
}

RC_GTEST_PROP(MeteringProperty, OrderAndRepetitionChangeNothing, ()) {
  static Arena arena;
  const auto straight = arena.begin();
  const auto shuffled = arena.world.account_with(std::chrono::hours{1});
  arena.pass(3'000);
  auto proofs =
      *rc::gen::container<std::vector<std::pair<std::int64_t, std::int64_t>>>(rc::gen::pair(
          rc::gen::inRange<std::int64_t>(0, 2'900), rc::gen::inRange<std::int64_t>(0, 90)));
  const auto use = [&](base::AccountId account) {
    for (const auto& [start, length] : proofs) {
      arena.world.use(account, arena.offset + start, arena.offset + start + length);
      if (start % 7 == 0) arena.world.settle();
    }
    arena.world.settle();
  };
  std::ranges::sort(proofs);
  use(straight);
  proofs.insert(proofs.end(), proofs.begin(),
                proofs.begin() + static_cast<std::ptrdiff_t>(proofs.size() / 2));
  std::ranges::shuffle(proofs, std::mt19937_64{*rc::gen::arbitrary<std::uint64_t>()});
  use(shuffled);
  RC_ASSERT(arena.world.runs(straight) == arena.world.runs(shuffled));
  RC_ASSERT(arena.world.billed(straight) == arena.world.billed(shuffled));
}

// D14, D15: what was settled is billed exactly once, what a crash took is not billed at all.
RC_GTEST_PROP(MeteringProperty, ACrashAtAnyPointBillsExactlyWhatWasSettled, ()) {
  static Arena arena;
  const auto account = arena.begin();
  Bitmap all;
  Bitmap durable;
  std::vector<Span> at_risk;
  const auto settle = [&] {
    arena.world.settle();
    for (const auto& proof : at_risk) durable.prove(proof.start, proof.end);
    at_risk.clear();
  };
  const auto steps = *rc::gen::inRange(1, 40);
  for (int step = 0; step < steps; ++step) {
    arena.pass(*rc::gen::inRange<std::int64_t>(0, 110));
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        settle();
        break;
      case 1:
        arena.world.restart();
        if (*rc::gen::arbitrary<bool>()) arena.world.load(account);
        at_risk.clear();
        break;
      default:
        const auto proof = random_proof(arena.now);
        arena.world.use(account, arena.offset + proof.start, arena.offset + proof.end);
        all.prove(proof.start, proof.end);
        at_risk.push_back(proof);
    }
  }
  settle();
  RC_ASSERT(arena.world.runs(account) == durable.runs(arena.offset));
  RC_ASSERT(arena.world.billed(account) == durable.billed());
  RC_ASSERT(arena.world.billed(account) <= all.billed());
}

}  // namespace
}  // namespace metering
