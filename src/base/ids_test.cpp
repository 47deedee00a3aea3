#include "base/ids.hpp"

#include <set>

#include <rapidcheck/gtest.h>

namespace base {
namespace {

Instant at_ms(std::int64_t ms) { return Instant{Millis{ms}}; }

RC_GTEST_PROP(Ids, TextAndBitsRoundTrip, (std::uint64_t high, std::uint64_t low)) {
  const AccountId id{IdBits{high, low}};
  RC_ASSERT(AccountId::parse(id.text()) == id);
  RC_ASSERT(id.text().size() == 30U);
}

RC_GTEST_PROP(Ids, TextSortsAsBitsDo,
              (std::uint64_t high, std::uint64_t low, std::uint64_t other_high,
               std::uint64_t other_low)) {
  const RunId a{IdBits{high, low}};
  const RunId b{IdBits{other_high, other_low}};
  RC_ASSERT((a.text() < b.text()) == (a < b));
}

RC_GTEST_PROP(Ids, LaterIdsSortAfterEarlierOnes, (std::uint64_t seed)) {
  SeededRandom random(seed);
  const auto ms = *rc::gen::inRange<std::int64_t>(0, 1LL << 47);
  const auto later = ms + *rc::gen::inRange<std::int64_t>(1, 1LL << 20);
  RC_ASSERT(OrderId::make(at_ms(ms), random).text() < OrderId::make(at_ms(later), random).text());
}

// D26: keys made from whole seconds collided.
TEST(Ids, ManyInOneMillisecondDiffer) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i)
    seen.insert(UserId::make(at_ms(1'795'000'000'000), random).text());
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(Ids, OtherPrefixesLengthsAndLettersAreRefused) {
  const auto text = AccountId{IdBits{1, 2}}.text();
  EXPECT_FALSE(RunId::parse(text));
  EXPECT_FALSE(AccountId::parse(text.substr(0, text.size() - 1)));
  EXPECT_FALSE(AccountId::parse(text + "0"));
  EXPECT_FALSE(AccountId::parse(""));
  for (const char bad : {'I', 'L', 'O', 'U', 'a', '-', ' ', '\0', '\x80'}) {
    auto changed = text;
    changed.back() = bad;
    EXPECT_FALSE(AccountId::parse(changed)) << bad;
  }
}

TEST(Ids, ValuesBeyond128BitsAreRefused) {
  EXPECT_TRUE(AccountId::parse("acc_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  EXPECT_FALSE(AccountId::parse("acc_80000000000000000000000000"));
}

}  // namespace
}  // namespace base
