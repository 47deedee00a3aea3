#include "features/ledger/export.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/ledger/details.hpp"
#include "features/ledger/journal.hpp"
#include "features/ledger/ledger_fixture.hpp"
#include "features/ledger/receipt_text.hpp"

namespace ledger {
namespace {

using base::block_on;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A little of everything: grants, runs that join, late use, an expiry, a refund, a tariff.
base::AccountId play(LedgerFixture& ledger) {
  const auto account = ledger.new_account();
  const auto start = base::to_unix_ms(ledger.clock.now());
  auto trial = ledger.wanted(account, 5'000, "trial");
  trial.expires_at = ledger.clock.now() + std::chrono::minutes{1};
  EXPECT_TRUE(block_on(ledger->issue(trial)).has_value());
  EXPECT_TRUE(ledger.issue(account, 7'000).has_value());
  EXPECT_TRUE(ledger.issue(ledger.new_account(), 9'000).has_value());
  ledger.clock.advance(std::chrono::hours{1});
  ledger.settle(ledger.snapshot(account, start + 200'000, start + 210'000));
  ledger.settle(ledger.snapshot(account, start, start + 3'000));
  EXPECT_TRUE(block_on(ledger->expire_due(ledger.clock.now())).has_value());
  ledger.settle(ledger.snapshot(account, start + 4'000, start + 5'000));
  EXPECT_TRUE(block_on(ledger->set_tariff({}, {}, "as \"before\"", "usr_operator")).has_value());
  return account;
}

std::string exported(LedgerFixture& ledger) {
  std::string text;
  ExportWriter writer(ledger.clock.now(), [&](std::string_view line) { text += line; });
  EXPECT_TRUE(block_on(ledger->each_entry([&](const Entry& entry) { writer.add(entry); })));
  writer.finish();
  return text;
}

ExportReport read(const std::string& text) {
  std::istringstream in(text);
  return read_export(in, [](const Entry&) {});
}

std::size_t line_of(const std::string& text, std::size_t at) {
  return static_cast<std::size_t>(
             std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
         1;
}

// D19: nothing in a file changes unnoticed, and the line that changed is named.
TEST(Export, EveryChangedByteIsFoundAndItsLineNamed) {
  LedgerFixture ledger;
  play(ledger);
  const auto text = exported(ledger);
  ASSERT_THAT(read(text).faults, IsEmpty());
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto changed = text;
    changed[at] = static_cast<char>(changed[at] ^ (at % 2 == 0 ? '\x01' : '\x20'));
    const auto report = read(changed);
    ASSERT_FALSE(report.faults.empty()) << at << ": " << text.substr(at, 40);
    // A line end that is gone joins two lines: the first is named. The date of the header is
    // covered by the trailer.
    const auto line = line_of(text, at);
    if (line > 1)
      ASSERT_THAT(report.faults.front(), HasSubstr(fmt::format("line {}:", line))) << at;
  }
}

TEST(Export, LinesThatAreMissingSwappedAddedOrCutOffAreNamed) {
  LedgerFixture ledger;
  play(ledger);
  const auto text = exported(ledger);
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  const auto joined = [](const std::vector<std::string>& all) {
    std::string out;
    for (const auto& line : all) out += line;
    return out;
  };
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    auto missing = lines;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_THAT(read(joined(missing)).faults, Not(IsEmpty())) << i;
    auto twice = lines;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_THAT(read(joined(twice)).faults, Not(IsEmpty())) << i;
  }
  EXPECT_THAT(read(text.substr(0, text.size() - 1)).faults, Not(IsEmpty()));
  EXPECT_THAT(read(joined({lines.begin(), lines.end() - 1})).faults.front(), HasSubstr("cut off"));
  EXPECT_THAT(read(text + lines.back()).faults, Not(IsEmpty()));
  EXPECT_THAT(read("").faults, Not(IsEmpty()));
}

// Invariant 6: the same journal gives the same state hash on any machine.
TEST(Export, ReplayedIntoAnEmptyStoreGivesTheSameStateAndGoesOnFromThere) {
  LedgerFixture ledger;
  const auto account = play(ledger);
  const auto text = exported(ledger);
  LedgerFixture other;
  std::istringstream in(text);
  const auto report = block_on(other->replay(in));
  ASSERT_TRUE(report.has_value()) << report.error().message << report.error().detail;
  EXPECT_TRUE(report->ok) << ::testing::PrintToString(report->faults);
  EXPECT_EQ(report->state_hash, ledger.verify().state_hash);
  EXPECT_EQ(report->chain_end, ledger.verify().chain_end);
  other.clock.advance(ledger.clock.now() - other.clock.now());
  EXPECT_EQ(exported(other), text);
  std::istringstream again(text);
  EXPECT_EQ(block_on(other->replay(again)).error().code, base::ErrorCode::conflict);
  ASSERT_TRUE(block_on(other->issue(other.wanted(account, 1'000, "afterwards"))).has_value());
  EXPECT_TRUE(other.verify().ok);
}

TEST(Export, ABrokenOneIsNotReplayedInPart) {
  LedgerFixture ledger;
  play(ledger);
  auto text = exported(ledger);
  text[text.size() - 200] ^= 1;
  LedgerFixture other;
  std::istringstream in(text);
  EXPECT_EQ(block_on(other->replay(in)).error().reason, "export_broken");
  EXPECT_EQ(other.verify().entries, 0);
}

std::vector<Entry> entries_of(LedgerFixture& ledger) {
  std::vector<Entry> entries;
  EXPECT_TRUE(block_on(ledger->each_entry([&](const Entry& entry) { entries.push_back(entry); })));
  return entries;
}

// As somebody writes it who can compute hashes.
std::string sealed(std::vector<Entry> entries) {
  std::string text;
  ExportWriter writer({}, [&](std::string_view line) { text += line; });
  Hash last{};
  for (auto& entry : entries) {
    entry.previous_hash = last;
    last = entry.hash = hash_of(entry);
    writer.add(entry);
  }
  writer.finish();
  return text;
}

std::string fault_of_replay(const std::string& text) {
  LedgerFixture other;
  std::istringstream in(text);
  const auto report = block_on(other->replay(in));
  EXPECT_EQ(other.verify().entries, 0);
  return report ? std::string{} : report.error().message;
}

// A whole chain says nothing about what its entries say.
TEST(Export, NumbersThatNoJournalHoldsAreNamedNotAddedUp) {
  LedgerFixture ledger;
  play(ledger);
  const auto entries = entries_of(ledger);
  ASSERT_THAT(read(sealed(entries)).faults, IsEmpty());
  static constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::function<void(Entry&)>> changes{
      [](Entry& entry) { entry.amount = base::Millis{kMost}; },
      [](Entry& entry) { entry.amount = base::Millis{-1}; },
      [](Entry& entry) { entry.amount = base::Millis{kMaxNumber + 1}; },
      [](Entry& entry) { entry.available_after = base::Millis{-kMost - 1}; },
      [](Entry& entry) { entry.at = base::from_micros(kMost); },
      [](Entry& entry) { entry.sequence = kMost; },
      [](Entry& entry) { entry.sequence = -kMost - 1; }};
  for (const auto& change : changes) {
    auto changed = entries;
    change(changed.at(1));
    EXPECT_THAT(read(sealed(changed)).faults,
                ElementsAre("line 3: journal entry 2: has a number that no journal holds"));
  }
}

TEST(Export, NumbersOfDetailsThatNoJournalHoldsAreRefused) {
  LedgerFixture ledger;
  play(ledger);
  const auto entries = entries_of(ledger);
  const auto place_of = [&](EntryKind kind) {
    return static_cast<std::size_t>(std::ranges::find(entries, kind, &Entry::kind) -
                                    entries.begin());
  };
  const auto refusal = [&](std::size_t place, const std::string& details) {
    auto changed = entries;
    changed.at(place).details = details;
    return fault_of_replay(sealed(changed));
  };
  const auto run = place_of(EntryKind::run_charged);
  static constexpr auto kMore = kMaxNumber + 1;
  const std::vector<std::function<void(RunDetails&)>> changes{
      [](RunDetails& details) { details.proofs = kMore; },
      [](RunDetails& details) { details.requests = -kMore; },
      [](RunDetails& details) { details.overlap = base::Millis{kMore}; },
      [](RunDetails& details) { details.unbilled = base::Millis{-kMore}; },
      [](RunDetails& details) { details.routes[0] = kMore; },
      [](RunDetails& details) { details.span.end = base::from_micros(kMaxInstant + 1); },
      [](RunDetails& details) { details.last_proof = base::from_micros(kMaxInstant + 1); }};
  for (const auto& change : changes) {
    auto details = parse_run_details(entries.at(run).details).value();
    change(details);
    EXPECT_THAT(refusal(run, format_details(details)), HasSubstr("does not describe its run"))
        << format_details(details);
  }
  const auto grant = place_of(EntryKind::grant_issued);
  EXPECT_THAT(refusal(grant, "kind=manual priority=3000000000 expires=never"),
              HasSubstr("does not say what was granted"));
}

TEST(Export, ARunThatIsAPartOfItselfIsRefused) {
  LedgerFixture ledger;
  const auto account = play(ledger);
  auto entries = entries_of(ledger);
  const auto run = std::ranges::find(entries, EntryKind::run_charged, &Entry::kind);
  auto details = parse_run_details(run->details).value();
  details.absorbs.push_back(run->run.value());
  run->details = format_details(details);
  EXPECT_THAT(fault_of_replay(sealed(entries)), HasSubstr("makes a run a part of itself"));
  // A receipt is made of whatever follows the chain; it is another one.
  const auto receipt = block_on(ledger->make_receipt(account, "1970-01")).value();
  std::istringstream in(sealed(entries));
  EXPECT_THAT(check_receipt(ledger->format_receipt(receipt, ReceiptFormat::json), in),
              Not(IsEmpty()));
}

class ReceiptTest : public ::testing::Test {
 protected:
  std::string made(ReceiptFormat format) {
    return ledger_->format_receipt(block_on(ledger_->make_receipt(account_, "1970-01")).value(),
                                   format);
  }
  LedgerFixture ledger_;
  base::AccountId account_ = play(ledger_);
};

TEST_F(ReceiptTest, AddsUpToTheMillisecond) {
  const auto receipt = block_on(ledger_->make_receipt(account_, "1970-01")).value();
  EXPECT_TRUE(receipt.adds_up());
  EXPECT_EQ(receipt.moved().count(), 12'000 - 2'000);
  std::int64_t billed = 0;
  for (const auto& run : ledger_.runs(account_)) billed += run.billed.count();
  EXPECT_EQ(receipt.charged().count(), billed);
  EXPECT_EQ(receipt.closing.count(), ledger_.balance(account_).available.count());
}

TEST_F(ReceiptTest, EveryChangedByteIsFoundOffline) {
  for (const auto format : {ReceiptFormat::json, ReceiptFormat::csv, ReceiptFormat::html}) {
    const auto text = made(format);
    ASSERT_THAT(check_receipt(text), IsEmpty());
    for (std::size_t at = 0; at < text.size(); ++at) {
      auto changed = text;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      ASSERT_THAT(check_receipt(changed), Not(IsEmpty())) << at;
    }
  }
}

// Whoever makes a checksum of their own is found out by the journal.
TEST_F(ReceiptTest, AForgedOneDoesNotAgreeWithTheExport) {
  const auto journal = exported(ledger_);
  for (const auto format : {ReceiptFormat::json, ReceiptFormat::csv, ReceiptFormat::html}) {
    auto text = made(format);
    std::istringstream good(journal);
    EXPECT_THAT(check_receipt(text, good), IsEmpty());
    const auto amount =
        text.find("7000") != std::string::npos ? text.find("7000") : text.find("07.000");
    ASSERT_NE(amount, std::string::npos);
    text[amount + 1] = '9';
    const auto end = text.rfind(format == ReceiptFormat::html  ? "<!-- sha256 "
                                : format == ReceiptFormat::csv ? ",sha256,,0,\""
                                                               : ",\"sha256\":\"");
    const auto content = text.substr(0, end);
    const auto digits =
        text.find_first_of("0123456789abcdef", end + (format == ReceiptFormat::html  ? 12
                                                      : format == ReceiptFormat::csv ? 12
                                                                                     : 11));
    text.replace(digits, 64, hash_text(sha256(content)));
    EXPECT_THAT(check_receipt(text), IsEmpty());
    std::istringstream again(journal);
    EXPECT_THAT(check_receipt(text, again), ElementsAre(HasSubstr("the journal says")));
  }
}

TEST_F(ReceiptTest, AMonthIsAMonth) {
  for (const char* wrong : {"", "2026", "2026-00", "2026-13", "2026-1", "26-01-01", "2026-1x"})
    EXPECT_EQ(block_on(ledger_->make_receipt(account_, wrong)).error().reason, "invalid_request")
        << wrong;
  const auto none = block_on(ledger_->make_receipt(account_, "1971-02")).value();
  EXPECT_EQ(none.entries, 0);
  EXPECT_EQ(none.opening, none.closing);
}

}  // namespace
}  // namespace ledger
