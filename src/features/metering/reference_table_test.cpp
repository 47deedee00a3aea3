// What a second of use means: the reference cases, through the whole live meter and a real ledger.
// Each is settled once at the end, and again with a settlement after every proof.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "features/metering/test_world.hpp"

namespace metering {
namespace {

using Span = TestWorld::Span;
using testing::ElementsAre;
using testing::ElementsAreArray;

struct Case {
  const char* name;
  std::vector<Span> proofs;  // milliseconds, in the order of their arrival
  std::vector<Span> runs;
  std::int64_t billed;
};

std::vector<Case> reference_cases() {
  return {
      {"one short request", {{0, 200}}, {{0, 1'000}}, 1'000},
      {"three within the gap",
       {{0, 200}, {30'000, 30'100}, {89'000, 89'500}},
       {{0, 90'000}},
       90'000},
      {"a gap of exactly 60 s", {{0, 1'000}, {61'000, 62'000}}, {{0, 62'000}}, 62'000},
      {"a gap one millisecond longer",
       {{0, 1'000}, {61'001, 62'001}},
       {{0, 1'000}, {61'001, 62'001}},
       2'000},
      {"a late proof that joins one of two runs",
       {{0, 1'000}, {200'000, 201'000}, {80'000, 140'000}},
       {{0, 1'000}, {80'000, 201'000}},
       122'000},
      {"a late proof that joins both",
       {{0, 1'000}, {120'000, 121'000}, {60'000, 61'000}},
       {{0, 121'000}},
       121'000},
      // D8: the predecessor billed the five hours.
      {"a laptop that slept five hours",
       {{0, 10'000}, {18'010'000, 18'011'000}},
       {{0, 10'000}, {18'010'000, 18'011'000}},
       11'000},
  };
}

class ReferenceTable : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(SettledAtTheEndAndAfterEveryProof, ReferenceTable, testing::Bool());

TEST_P(ReferenceTable, BillsEveryCaseToTheMillisecond) {
  TestWorld world;
  std::int64_t offset = 0;
  for (const auto& each : reference_cases()) {
    SCOPED_TRACE(each.name);
    const auto account = world.account_with(std::chrono::hours{10});
    std::vector<Span> expected;
    for (const auto& run : each.runs) expected.push_back({run.start + offset, run.end + offset});
    for (const auto& proof : each.proofs) {
      world.use(account, proof.start + offset, proof.end + offset);
      if (GetParam()) world.settle();
    }
    world.settle();
    EXPECT_THAT(world.runs(account), ElementsAreArray(expected));
    EXPECT_EQ(world.billed(account), each.billed);
    EXPECT_EQ(world.available(account), 36'000'000 - each.billed);
    EXPECT_EQ(world.meter().view(account, world.now())->remaining.count(),
              36'000'000 - each.billed);
    offset += 40'000'000;
    world.go_to(offset);
  }
  world.expect_verified();
}

// D9, D11: the predecessor deducted once per parallel request and once per header.
TEST_P(ReferenceTable, TheSameProofAThousandTimesIsBilledOnce) {
  TestWorld world;
  const auto account = world.account_with(std::chrono::hours{1});
  for (int i = 0; i < 1'000; ++i) {
    world.use(account, 5'000, 7'500);
    if (GetParam() && i % 250 == 0) world.settle();
  }
  world.settle();
  EXPECT_THAT(world.runs(account), ElementsAre(Span{5'000, 7'500}));
  EXPECT_EQ(world.billed(account), 2'500);
}

TEST_P(ReferenceTable, TwoTabsThatStreamBillASecondOnce) {
  TestWorld world;
  base::ManualExecutor loop;
  const auto account = world.account_with(std::chrono::hours{1});
  const auto first = world.meter().open_stream(account, at_ms(0), loop, [](CutReason) {});
  world.go_to(100'000);
  const auto second = world.meter().open_stream(account, at_ms(100'000), loop, [](CutReason) {});
  for (std::int64_t second_of_use = 101; GetParam() && second_of_use <= 600; second_of_use += 50) {
    world.go_to(second_of_use * 1'000);
    world.settle();
  }
  world.go_to(600'000);
  world.meter().close_stream(first, at_ms(600'000));
  world.go_to(700'000);
  world.meter().close_stream(second, at_ms(700'000));
  world.settle();
  EXPECT_THAT(world.runs(account), ElementsAre(Span{0, 700'000}));
  EXPECT_EQ(world.billed(account), 700'000);
}

TEST(RunEvidence, SaysHowManyProofsAndHowMuchOverlapWasNotBilled) {
  TestWorld world;
  const auto account = world.account_with(std::chrono::hours{1});
  world.use(account, 0, 4'000);
  world.use(account, 1'000, 3'000);
  world.use(account, 10'000, 12'000);
  world.settle();
  world.go_to(12'000 + 61'000);
  world.meter().tick(world.now());
  world.settle();
  const auto runs = world.stored(account);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].proofs, 3);
  EXPECT_EQ(runs[0].requests, 3);
  EXPECT_EQ(runs[0].overlap, base::Millis{2'000});
  EXPECT_EQ(runs[0].billed, base::Millis{12'000});
  EXPECT_EQ(runs[0].ended, ledger::RunEnd::idle);
}

}  // namespace
}  // namespace metering
