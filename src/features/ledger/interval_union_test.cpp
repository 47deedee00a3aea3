#include "features/ledger/interval_union.hpp"

#include <algorithm>
#include <bitset>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ledger {
namespace {

using ::testing::ElementsAreArray;

constexpr base::Micros kIdleGap{60'000'000};
constexpr base::Micros kMinProof{1'000'000};

Interval span(std::int64_t start_ms, std::int64_t end_ms) {
  return {base::from_micros(start_ms * 1000), base::from_micros(end_ms * 1000)};
}

struct Case {
  std::string name;
  std::vector<Interval> proofs;
  std::vector<Interval> runs;
  std::int64_t billed_ms;
};

// The reference cases of the tariff: idle gap 60 s, shortest proof 1 s.
std::vector<Case> reference_cases() {
  return {
      {"one short request", {span(0, 200)}, {span(0, 1000)}, 1000},
      {"three requests within a minute of each other",
       {span(0, 200), span(30'000, 30'100), span(89'000, 89'500)},
       {span(0, 90'000)},
       90'000},
      {"a gap of exactly the idle gap closes",
       {span(0, 1000), span(61'000, 62'000)},
       {span(0, 62'000)},
       62'000},
      {"a gap one millisecond longer does not",
       {span(0, 1000), span(61'001, 62'001)},
       {span(0, 1000), span(61'001, 62'001)},
       2000},
      {"the same proof a thousand times",
       std::vector<Interval>(1000, span(5000, 5200)),
       {span(5000, 6000)},
       1000},
      // D9, D10: two tabs, two workers, the same minute.
      {"two streaming tabs that overlap",
       {span(0, 600'000), span(100'000, 700'000)},
       {span(0, 700'000)},
       700'000},
      {"a late proof joins one neighbour at exactly the idle gap and not the "
       "other",
       {span(0, 1000), span(200'000, 201'000), span(80'000, 140'000)},
       {span(0, 1000), span(80'000, 201'000)},
       122'000},
      // D8: coming back after hours bills nothing for the absence.
      {"a laptop sleeps for five hours",
       {span(0, 10'000), span(18'010'000, 18'011'000)},
       {span(0, 10'000), span(18'010'000, 18'011'000)},
       11'000},
  };
}

TEST(IntervalUnion, BillsTheReferenceCases) {
  for (const auto& reference : reference_cases()) {
    SCOPED_TRACE(reference.name);
    IntervalUnion all(kIdleGap);
    for (const auto& proof : reference.proofs) all.add(proof_span(proof, kMinProof));
    EXPECT_THAT(all.runs(), ElementsAreArray(reference.runs));
    EXPECT_EQ(all.billed().count(), reference.billed_ms);
  }
}

TEST(IntervalUnion, ARunIsRoundedDownToTheMillisecond) {
  EXPECT_EQ(billed_time({base::from_micros(1), base::from_micros(1'000)}).count(), 0);
  EXPECT_EQ(billed_time({base::from_micros(1), base::from_micros(1'001)}).count(), 1);
  EXPECT_EQ(billed_time({base::from_micros(0), base::from_micros(2'999)}).count(), 2);
}

// The oracle: one bit a millisecond, painted and then closed by walking over
// it.
constexpr std::int64_t kHorizonMs = 4000;
using Bitmap = std::bitset<kHorizonMs>;

Bitmap paint(const std::vector<Interval>& spans, std::int64_t idle_gap_ms) {
  Bitmap bits;
  for (const auto& each : spans)
    for (auto at = base::to_micros(each.start) / 1000; at < base::to_micros(each.end) / 1000; ++at)
      bits.set(static_cast<std::size_t>(at));
  std::int64_t last = -1;
  for (std::int64_t at = 0; at < kHorizonMs; ++at) {
    if (!bits.test(static_cast<std::size_t>(at))) continue;
    if (last >= 0 && at - last - 1 <= idle_gap_ms)
      for (auto gap = last + 1; gap < at; ++gap) bits.set(static_cast<std::size_t>(gap));
    last = at;
  }
  return bits;
}

std::vector<Interval> random_spans() {
  const auto draw =
      rc::gen::map(rc::gen::pair(rc::gen::inRange<std::int64_t>(0, kHorizonMs - 150),
                                 rc::gen::inRange<std::int64_t>(1, 150)),
                   [](const auto& pair) { return span(pair.first, pair.first + pair.second); });
  return *rc::gen::container<std::vector<Interval>>(draw);
}

RC_GTEST_PROP(IntervalUnionProperty, EqualsABitmapOfMilliseconds, ()) {
  const auto idle_gap_ms = *rc::gen::inRange<std::int64_t>(0, 300);
  const auto spans = random_spans();
  IntervalUnion all(base::Millis{idle_gap_ms});
  for (const auto& each : spans) all.add(each);
  const auto oracle = paint(spans, idle_gap_ms);
  RC_ASSERT(static_cast<std::size_t>(all.billed().count()) == oracle.count());
  Bitmap ours;
  for (const auto& run : all.runs())
    for (auto at = base::to_micros(run.start) / 1000; at < base::to_micros(run.end) / 1000; ++at)
      ours.set(static_cast<std::size_t>(at));
  RC_ASSERT(ours == oracle);
  for (std::size_t i = 1; i < all.runs().size(); ++i)
    RC_ASSERT(all.runs()[i].start - all.runs()[i - 1].end > base::Millis{idle_gap_ms});
}

RC_GTEST_PROP(IntervalUnionProperty, IgnoresOrderAndRepetition, ()) {
  const base::Micros idle_gap = base::Millis{*rc::gen::inRange<std::int64_t>(0, 300)};
  auto spans = random_spans();
  IntervalUnion in_order(idle_gap);
  for (const auto& each : spans) in_order.add(each);
  const auto repeats = *rc::gen::inRange<std::size_t>(0, 5);
  for (std::size_t i = 0; i < repeats && !spans.empty(); ++i)
    spans.push_back(spans[*rc::gen::inRange<std::size_t>(0, spans.size())]);
  std::mt19937_64 shuffle(*rc::gen::arbitrary<std::uint64_t>());
  std::ranges::shuffle(spans, shuffle);
  IntervalUnion shuffled(idle_gap);
  for (const auto& each : spans) shuffled.add(each);
  RC_ASSERT(std::ranges::equal(in_order.runs(), shuffled.runs()));
}

RC_GTEST_PROP(IntervalUnionProperty, UncoveredAndCoveredMakeTheWhole, ()) {
  IntervalUnion covered{base::Micros{0}};
  for (const auto& each : random_spans()) covered.add(each);
  const auto whole = span(500, 3000);
  const auto open = uncovered(whole, covered.runs());
  base::Micros sum{};
  for (const auto& each : open) sum += each.end - each.start;
  for (const auto& each : covered.runs())
    sum +=
        std::max(base::Micros{}, std::min(each.end, whole.end) - std::max(each.start, whole.start));
  RC_ASSERT(sum == whole.end - whole.start);
}

}  // namespace
}  // namespace ledger
