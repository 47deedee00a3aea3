#include "features/ledger/tariff.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "features/ledger/explain.hpp"
#include "features/ledger/ledger_fixture.hpp"
#include "features/ledger/pseudonym.hpp"
#include "features/ledger/what_if.hpp"

namespace ledger {
namespace {

using base::block_on;
using ::testing::SizeIs;

TariffVersion version(int number, std::int64_t from_ms, std::int64_t gap_ms) {
  return {.tariff = {.version = number, .idle_gap = base::Millis{gap_ms}},
          .applies_from = at_ms(from_ms)};
}

TEST(TariffBook, AVersionAppliesFromItsInstantAndTheNewestOfTheSameInstantWins) {
  const TariffBook book(
      {version(1, 100, 10), version(2, 300, 20), version(3, 200, 30), version(4, 300, 40)});
  EXPECT_EQ(book.at(at_ms(0)).version, 1);
  EXPECT_EQ(book.at(at_ms(199)).version, 1);
  EXPECT_EQ(book.at(at_ms(200)).version, 3);
  EXPECT_EQ(book.at(at_ms(299)).version, 3);
  EXPECT_EQ(book.at(at_ms(300)).version, 4);
  EXPECT_EQ(book.version(2).idle_gap, base::Millis{20});
  EXPECT_EQ(book.version(9).version, 1);
  EXPECT_EQ(book.widest_gap(), base::Millis{40});
}

TEST(Tariffs, AChangeIsNeverMadeToThePastAndSurvivesARestart) {
  LedgerFixture ledger;
  EXPECT_FALSE(block_on(ledger->set_tariff({}, ledger.clock.now() - base::Micros{1}, "x", "op")));
  EXPECT_FALSE(block_on(ledger->set_tariff({}, {}, "", "op")));
  EXPECT_FALSE(block_on(ledger->set_tariff({.min_proof = base::Micros{0}}, {}, "x", "op")));
  const auto later = ledger.clock.now() + std::chrono::hours{1};
  const auto made =
      block_on(ledger->set_tariff({.idle_gap = std::chrono::seconds{30}}, later, "shorter", "op"));
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->tariff.version, 2);
  EXPECT_EQ(ledger->tariff().version, 1);
  ledger.reopen();
  ASSERT_TRUE(block_on(ledger->load_tariffs(true)));
  EXPECT_EQ(ledger->tariff().version, 1);
  ledger.clock.advance(std::chrono::hours{1});
  EXPECT_EQ(ledger->tariff().version, 2);
  EXPECT_TRUE(ledger.verify().ok);
}

// The configuration is recorded when it changes, and does not undo what an operator set.
TEST(Tariffs, TheConfigurationMakesAVersionOnlyWhenItChanges) {
  LedgerFixture ledger;
  for (int start = 0; start < 3; ++start) {
    ledger.reopen();
    ASSERT_TRUE(block_on(ledger->load_tariffs(true)));
    EXPECT_THAT(ledger->tariff_versions(), SizeIs(1));
  }
  ASSERT_TRUE(block_on(ledger->set_tariff({.idle_gap = base::Millis{5}}, {}, "x", "op")));
  ledger.reopen();
  ASSERT_TRUE(block_on(ledger->load_tariffs(true)));
  EXPECT_EQ(ledger->tariff().idle_gap, base::Millis{5});
  LedgerService changed(ledger.database(), ledger.clock, ledger.random, ledger.log,
                        {.idle_gap = base::Millis{7}});
  ASSERT_TRUE(block_on(changed.load_tariffs(true)));
  EXPECT_EQ(changed.tariff().idle_gap, base::Millis{7});
  EXPECT_EQ(changed.tariff().version, 3);
}

// The oracle: spans in order of time; a run opens with the tariff of its first instant and takes
// what begins within that tariff's gap.
std::vector<Interval> sweep(std::vector<Interval> spans, const TariffBook& book) {
  std::ranges::sort(spans);
  std::vector<Interval> runs;
  for (const auto& span : spans)
    if (!runs.empty() && span.start - runs.back().end <= book.at(runs.back().start).idle_gap)
      runs.back() = hull(runs.back(), span);
    else
      runs.push_back(span);
  return runs;
}

class Draw {
 public:
  explicit Draw(unsigned seed) : engine_(seed) {}
  std::int64_t operator()(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(engine_);
  }

 private:
  std::mt19937 engine_;
};

TEST(Tariffs, RunsKeepTheTariffTheyWereOpenedWith) {
  for (const std::int64_t gap : {0, 15, 90}) {
    LedgerFixture ledger({.version = 1, .idle_gap = base::Millis{40}});
    const auto change = base::to_unix_ms(ledger.clock.now()) + 400;
    ASSERT_TRUE(
        block_on(ledger->set_tariff({.idle_gap = base::Millis{gap}}, at_ms(change), "x", "op")));
    ledger.clock.advance(std::chrono::hours{1});
    const TariffBook book({version(1, 0, 40), version(2, change, gap)});
    for (unsigned seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(seed);
      Draw draw(seed);
      const auto account = ledger.new_account();
      std::vector<Interval> spans;
      auto at = change - 300;
      for (int i = 0; i < 12; ++i) {
        at += draw(0, 100);
        const auto end = at + draw(1, 30);
        spans.push_back({at_ms(at), at_ms(end)});
        ledger.settle(ledger.snapshot(account, at, end));
        at = end;
      }
      auto stored = ledger.runs(account);
      std::ranges::reverse(stored);
      const auto expected = sweep(spans, book);
      ASSERT_EQ(stored.size(), expected.size());
      for (std::size_t i = 0; i < stored.size(); ++i) {
        EXPECT_EQ(stored[i].span, expected[i]);
        EXPECT_EQ(stored[i].tariff, book.at(expected[i].start).version);
      }
    }
    EXPECT_TRUE(ledger.verify().ok);
  }
}

// What would have been: the same tariff gives the same, a longer pause joins what it would join.
TEST(WhatIf, HistoryUnderALongerGapIsTheClosedUnionUnderIt) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    const Tariff tariff{.version = 1, .idle_gap = base::Millis{20}, .min_proof = base::Millis{1}};
    LedgerFixture ledger(tariff);
    const auto account = ledger.new_account();
    ledger.clock.advance(std::chrono::hours{1});
    auto longer = tariff;
    longer.idle_gap = base::Millis{draw(20, 200)};
    IntervalUnion then{longer.idle_gap};
    IntervalUnion now{tariff.idle_gap};
    for (int i = 0; i < 20; ++i) {
      const auto start = 2'000'000 + draw(0, 2'000);
      const auto end = start + draw(1, 60);
      then.add({at_ms(start), at_ms(end)});
      now.add({at_ms(start), at_ms(end)});
      ledger.settle(ledger.snapshot(account, start, end));
    }
    WhatIf same(tariff);
    WhatIf other(longer);
    ASSERT_TRUE(block_on(ledger->each_entry([&](const Entry& entry) {
      same.add(entry);
      other.add(entry);
    })));
    const auto as_it_was = same.finish();
    EXPECT_EQ(as_it_was.used, now.billed());
    EXPECT_EQ(as_it_was.used_then, now.billed());
    EXPECT_EQ(as_it_was.runs, std::ssize(now.runs()));
    EXPECT_EQ(other.finish().used_then, then.billed());
    EXPECT_EQ(other.finish().runs_then, std::ssize(then.runs()));
  }
}

RC_GTEST_PROP(ExplainProperty, LinesAddUpToTheDebit, ()) {
  RunDetails details;
  details.span = {at_ms(1), at_ms(100)};
  details.overlap = base::Millis{*rc::gen::inRange<std::int64_t>(0, 200)};
  details.unbilled = base::Millis{*rc::gen::inRange<std::int64_t>(0, 100)};
  const base::Millis billed{*rc::gen::inRange<std::int64_t>(0, 100)};
  base::Millis sum{};
  for (const auto& line : explain_run(details, billed, {})) sum += line.amount;
  RC_ASSERT(sum == billed);
}

// A trial is given once to a person; nobody reads from the journal who it was.
TEST(Pseudonym, IsTheSameForOneIdentityAndSaysNothingWithoutTheSecret) {
  LedgerFixture ledger;
  LedgerFixture other;
  other.random = base::SeededRandom{7};
  const auto of = [](LedgerFixture& where, std::string_view identity) {
    return block_on(where.database().write_operator<std::string>(
                        [&](sql::OperatorTx& tx) -> base::Result<std::string> {
                          return pseudonym_of(tx, where.random, identity);
                        }))
        .value();
  };
  const auto first = of(ledger, "e-mail a@example.com");
  EXPECT_EQ(first.size(), 64U);
  EXPECT_EQ(of(ledger, "e-mail a@example.com"), first);
  EXPECT_NE(of(ledger, "e-mail b@example.com"), first);
  EXPECT_NE(of(other, "e-mail a@example.com"), first);
}

}  // namespace
}  // namespace ledger
