#include "features/ledger/entry_store.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "features/ledger/ledger_fixture.hpp"

namespace ledger {
namespace {

using base::block_on;

// Of the whole journal, looked through entry by entry.
std::vector<Entry> entries_of(LedgerFixture& ledger, base::AccountId account) {
  std::vector<Entry> entries;
  const auto read = block_on(ledger->each_entry([&](const Entry& entry) {
    if (entry.account == account) entries.push_back(entry);
  }));
  RL_CHECK(read.has_value(), "the journal can be read");
  return entries;
}

std::vector<std::int64_t> sequences(const std::vector<Entry>& entries) {
  std::vector<std::int64_t> numbers;
  for (const auto& entry : entries) numbers.push_back(entry.sequence);
  return numbers;
}

std::int64_t count_unlisted(LedgerFixture& ledger) {
  return block_on(ledger.database().read_operator<std::int64_t>(
                      [](sql::OperatorTx& tx) -> base::Result<std::int64_t> {
                        auto row = tx.prepare("SELECT count(*) FROM journal WHERE listed = 0");
                        row.step();
                        return row.integer(0);
                      }))
      .value();
}

struct Member {
  base::AccountId account;
  RunSnapshot run;
};

// Grants, runs that grow, end and are joined, side by side in two accounts, one with two lanes.
class Story {
 public:
  Story() {
    const auto first = ledger.new_account();
    const auto second = ledger.new_account();
    const auto start = base::to_unix_ms(ledger.clock.now());
    for (const auto& [account, lane] :
         {std::pair{first, "a"}, std::pair{first, "b"}, std::pair{second, "a"}}) {
      members.push_back(
          {.account = account, .run = ledger.snapshot(account, start, start + 1'000)});
      members.back().run.lane = lane;
    }
  }
  void step(int choice) {
    auto& member = members[static_cast<std::size_t>(choice) % members.size()];
    ledger.clock.advance(std::chrono::seconds{7});
    const auto what = choice % 17;
    if (what == 0) return (void)ledger.issue(member.account, 20'000);
    if (what == 1) return ledger.reopen();
    member.run.span.end = ledger.clock.now();
    ++member.run.proofs;
    if (what == 2) member.run.ended = RunEnd::idle;
    ledger.settle(member.run);
    if (what == 2) open(member);
  }

  LedgerFixture ledger;
  std::vector<Member> members;

 private:
  void open(Member& member) {
    const auto lane = member.run.lane;
    const auto start = base::to_unix_ms(ledger.clock.now()) + 61'000;
    ledger.clock.advance(std::chrono::seconds{62});
    member.run = ledger.snapshot(member.account, start, start + 1'000);
    member.run.lane = lane;
  }
};

EntryFilter random_filter(base::Random& random, std::int64_t last) {
  const auto below = [&](std::int64_t end) {
    return static_cast<std::int64_t>(random.next_u64() % static_cast<std::uint64_t>(end));
  };
  return {.before = below(last + 3),
          .from = at_ms(900'000 + below(600'000)),
          .to = at_ms(1'000'000 + below(1'500'000)),
          .limit = 1 + below(40)};
}

std::vector<Entry> page_of(const std::vector<Entry>& all, const EntryFilter& filter) {
  std::vector<Entry> page;
  for (const auto& entry : all)
    if (entry.sequence < filter.before && entry.at >= filter.from && entry.at < filter.to)
      page.push_back(entry);
  std::ranges::reverse(page);
  page.resize(std::min(page.size(), static_cast<std::size_t>(filter.limit)));
  return page;
}

// Pages of every size, from every place and of every time are those of the journal, and so is the
// whole.
void check_account(LedgerFixture& ledger, base::AccountId account) {
  const auto all = entries_of(ledger, account);
  for (int i = 0; i < 100; ++i) {
    const auto filter = random_filter(ledger.random, all.empty() ? 1 : all.back().sequence);
    const auto page = block_on(ledger.database().read<std::vector<Entry>>(
        account, [&](sql::AccountTx& tx) -> base::Result<std::vector<Entry>> {
          return list_entries(tx, filter);
        }));
    ASSERT_EQ(sequences(page.value()), sequences(page_of(all, filter)));
  }
  std::vector<Entry> whole;
  const auto read =
      block_on(ledger.database().read<bool>(account, [&](sql::AccountTx& tx) -> base::Result<bool> {
        each_entry(tx, [&](const Entry& entry) { whole.push_back(entry); });
        return true;
      }));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(sequences(whole), sequences(all));
}

TEST(EntryStore, AnAccountFindsAllItsEntriesAndNoOthers) {
  base::SeededRandom chance(7);
  for (int i = 0; i < 4; ++i) {
    Story story;
    for (int step = 0; step < 90; ++step) story.step(static_cast<int>(chance.next_u64() % 1'000));
    EXPECT_GT(count_unlisted(story.ledger), 30);
    EXPECT_TRUE(story.ledger.verify().ok);
    for (const auto& member : story.members) check_account(story.ledger, member.account);
  }
}

// A run of an hour: one entry in sixty is in the index over accounts.
TEST(EntryStore, AGrowingRunIsInTheIndexOnceAMinute) {
  LedgerFixture ledger;
  const auto account = ledger.new_account();
  ASSERT_TRUE(ledger.issue(account, 7'200'000).has_value());
  const auto start = base::to_unix_ms(ledger.clock.now());
  auto run = ledger.snapshot(account, start, start + 1'000);
  std::vector<RunSnapshot> seconds;
  for (int second = 1; second <= 3'600; ++second) {
    ledger.clock.advance(std::chrono::seconds{1});
    run.span.end = ledger.clock.now();
    ++run.proofs;
    seconds.push_back(run);
  }
  ASSERT_TRUE(block_on(ledger->settle(seconds)).has_value());
  EXPECT_EQ(entries_of(ledger, account).size(), 3'601U);
  EXPECT_NEAR(static_cast<double>(count_unlisted(ledger)), 3'600 - 60, 2);
  EXPECT_EQ(ledger.entries(account).size(), 200U);
  EXPECT_TRUE(ledger.verify().ok);
}

}  // namespace
}  // namespace ledger
