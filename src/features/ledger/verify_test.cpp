#include "features/ledger/verify.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/ledger/details.hpp"
#include "features/ledger/entry_store.hpp"
#include "features/ledger/journal.hpp"
#include "features/ledger/ledger_fixture.hpp"
#include "features/ledger/older_tables.hpp"
#include "features/ledger/poster.hpp"
#include "features/ledger/table_text.hpp"
#include "features/ledger/verify_tables.hpp"

namespace ledger {
namespace {

using base::block_on;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Grants of every sort, runs that were joined, capped and ended, a debt, an
// expiry.
void fill(LedgerFixture& ledger) {
  const auto account = ledger.new_account();
  const auto start = base::to_unix_ms(ledger.clock.now());
  auto trial = ledger.wanted(account, 50'000, "trial");
  trial.expires_at = ledger.clock.now() + std::chrono::minutes{30};
  ASSERT_TRUE(block_on(ledger->issue(trial)).has_value());
  ASSERT_TRUE(ledger.issue(account, 200'000).has_value());
  ASSERT_TRUE(ledger.issue(ledger.new_account(), 9000).has_value());
  ledger.clock.advance(std::chrono::hours{1});
  auto run = ledger.snapshot(account, start, start + 70'000);
  ledger.settle(run);
  run.ended = RunEnd::idle;
  run.overlap = base::Millis{40};
  ledger.settle(run);
  ledger.settle(ledger.snapshot(account, start + 200'000, start + 210'000));
  ledger.settle(ledger.snapshot(account, start + 400'000, start + 900'000));
  ledger.settle(ledger.snapshot(account, start + 130'000, start + 140'000));
  auto explained = ledger.snapshot(account, start + 1'000'000, start + 1'010'000);
  explained.lane = "usr_member";
  explained.opened_by = RouteClass::query;
  explained.routes = {1, 2, 0, 0, 3, 0};
  explained.last_proof = explained.span.end - base::Millis{5};
  ledger.settle(explained);
  auto beside = ledger.snapshot(account, start + 1'020'000, start + 1'025'000);
  beside.lane = explained.lane;
  beside.routes = {0, 0, 0, 1, 0, 0};
  ledger.settle(beside);
  const auto revoked = block_on(ledger.database().write_operator<Balance>([&](sql::OperatorTx& tx) {
    return ledger->revoke_grant(tx, "trial", {}, {"re_1", "refund", "stripe"}, ledger.clock.now());
  }));
  ASSERT_TRUE(revoked.has_value());
  ASSERT_TRUE(block_on(ledger->expire_due(ledger.clock.now())).has_value());
  ASSERT_TRUE(block_on(ledger->set_tariff({.idle_gap = std::chrono::seconds{30}}, {}, "shorter",
                                          "usr_operator"))
                  .has_value());
}

// Runs `change` and verify in one transaction that is rolled back.
VerifyReport verify_after(LedgerFixture& ledger, const std::string& change) {
  VerifyReport report;
  const auto undone = block_on(
      ledger.database().write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        const auto changed = tx.prepare(change).run();
        EXPECT_GT(changed, 0) << change;
        report = verify_tables(tx);
        return base::fail(base::ErrorCode::conflict, "undo", "Undone on purpose.");
      }));
  EXPECT_EQ(undone.error().reason, "undo") << undone.error().detail;
  return report;
}

std::vector<std::string> columns_of(LedgerFixture& ledger, std::string_view table) {
  return block_on(ledger.database().read_operator<std::vector<std::string>>(
                      [&](sql::OperatorTx& tx) -> base::Result<std::vector<std::string>> {
                        std::vector<std::string> columns;
                        auto rows = tx.prepare(
                            fmt::format("SELECT name FROM pragma_table_info('{}')", table));
                        while (rows.step()) columns.emplace_back(rows.text(0));
                        return columns;
                      }))
      .value();
}

std::vector<Entry> all_entries(LedgerFixture& ledger) {
  return block_on(ledger.database().read_operator<std::vector<Entry>>(
                      [](sql::OperatorTx& tx) -> base::Result<std::vector<Entry>> {
                        std::vector<Entry> entries;
                        each_entry(tx, [&](const Entry& entry) { entries.push_back(entry); });
                        return entries;
                      }))
      .value();
}

std::int64_t count_rows(LedgerFixture& ledger, std::string_view table) {
  return block_on(ledger.database().read_operator<std::int64_t>(
                      [&](sql::OperatorTx& tx) -> base::Result<std::int64_t> {
                        auto row = tx.prepare(fmt::format("SELECT count(*) FROM {}", table));
                        row.step();
                        return row.integer(0);
                      }))
      .value();
}

TEST(Verify, AgreesWithWhatTheLedgerWroteAndGivesTheSameStateHashAgain) {
  LedgerFixture ledger;
  fill(ledger);
  const auto report = ledger.verify();
  EXPECT_TRUE(report.ok) << ::testing::PrintToString(report.faults);
  EXPECT_EQ(report.accounts, 2);
  EXPECT_EQ(report.grants, 3);
  EXPECT_EQ(report.issued.count(), 259'000);
  EXPECT_EQ(report.issued,
            report.available + report.held + report.consumed + report.expired + report.revoked);
  ledger.reopen();
  EXPECT_EQ(ledger.verify().state_hash, report.state_hash);
  EXPECT_EQ(ledger.verify().chain_end, report.chain_end);
}

// One changed value in any column of any row of any table is found and its
// table named. D19: a damaged store is noticed, never taken for an empty one.
TEST(Verify, NamesEveryChangedValue) {
  LedgerFixture ledger;
  fill(ledger);
  const auto off = block_on(
      ledger.database().write_operator<bool>([](sql::OperatorTx& tx) -> base::Result<bool> {
        tx.prepare("PRAGMA ignore_check_constraints = 1").run();
        return true;
      }));
  ASSERT_TRUE(off.has_value());
  for (const std::string table :
       {"journal", "grants", "runs", "run_parts", "run_charges", "tariffs"}) {
    const auto rows = count_rows(ledger, table);
    ASSERT_GT(rows, 0);
    for (const auto& column : columns_of(ledger, table)) {
      for (std::int64_t row = 0; row < rows; ++row) {
        const auto change = fmt::format(
            "UPDATE {0} SET {1} = CASE typeof({1}) WHEN 'integer' "
            "THEN {1} + 1000 "
            "WHEN 'blob' THEN randomblob(32) WHEN 'null' THEN 1 "
            "ELSE substr({1}, 1, length({1}) - 1) || '~' END "
            "WHERE rowid = (SELECT rowid FROM {0} WHERE "
            "typeof({1}) <> 'text' OR {1} <> '' "
            "LIMIT 1 OFFSET {2} % (SELECT count(*) FROM {0} WHERE "
            "typeof({1}) <> 'text' OR "
            "{1} <> ''))",
            table, column, row);
        const auto report = verify_after(ledger, change);
        EXPECT_FALSE(report.ok) << change;
        ASSERT_FALSE(report.faults.empty()) << change;
        EXPECT_THAT(report.faults.front(), HasSubstr(table)) << change;
      }
    }
  }
  EXPECT_TRUE(ledger.verify().ok);
}

TEST(Verify, NamesARowThatWasRemovedOrMovedInTheJournalOrATable) {
  LedgerFixture ledger;
  fill(ledger);
  EXPECT_THAT(verify_after(ledger, "DELETE FROM journal WHERE sequence = 3").faults,
              ElementsAre(HasSubstr("entry 3 is missing")));
  for (const std::string table : {"grants", "runs", "run_parts", "run_charges", "tariffs"}) {
    const auto report = verify_after(
        ledger, fmt::format("DELETE FROM {0} WHERE rowid = (SELECT min(rowid) FROM {0})", table));
    ASSERT_FALSE(report.faults.empty());
    EXPECT_THAT(report.faults.front(), HasSubstr(table));
  }
}

TEST(Verify, NamesAKeyThatARunPostedTwice) {
  LedgerFixture ledger;
  const auto account = ledger.new_account();
  ASSERT_TRUE(ledger.issue(account, 200'000).has_value());
  const auto start = base::to_unix_ms(ledger.clock.now()) - 10'000;
  const auto settled = ledger.settle(ledger.snapshot(account, start, start + 5'000));
  const auto posted = block_on(
      ledger.database().write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        Poster poster(tx, ledger.clock.now());
        for (int i = 0; i < 2; ++i)
          poster.post({.kind = EntryKind::run_recorded,
                       .account = account,
                       .run = settled.run,
                       .key = "run:twice",
                       .reason = "time in use without a debit",
                       .actor = "meter"});
        return true;
      }));
  ASSERT_TRUE(posted.has_value()) << posted.error().detail;
  EXPECT_THAT(ledger.verify().faults,
              Contains("journal entry 4: its business key run:twice was used before"));
}

// 0012_journal_keys.sql copies the journal, 0013_ledger_rows.sql makes the tables anew.
TEST(Verify, AStoreOfAnOlderProgramIsTheSameAfterItsTablesWereMadeAnew) {
  LedgerFixture ledger;
  fill(ledger);
  const auto wanted = ledger.verify();
  const auto entries = all_entries(ledger);
  std::vector<base::EmbeddedFile> older;
  for (const auto& file : sql::embedded_migrations())
    if (file.path < "0012") older.push_back(file);
  sql::TempDatabase database;
  ASSERT_TRUE(block_on(sql::migrate(*database, older)).has_value());
  const auto written =
      block_on((*database).write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        Fold fold;
        for (const auto& entry : entries) {
          write_older_entry(tx, entry);
          RL_TRY_VOID(fold.apply(entry));
        }
        write_older_grants(tx, fold);
        write_older_runs(tx, fold);
        write_older_tariffs(tx, fold);
        return true;
      }));
  ASSERT_TRUE(written.has_value()) << written.error().detail;
  ASSERT_TRUE(block_on(sql::migrate(*database)).has_value());
  LedgerService migrated(*database, ledger.clock, ledger.random, ledger.log);
  const auto report = block_on(migrated.verify()).value();
  EXPECT_TRUE(report.ok) << ::testing::PrintToString(report.faults);
  EXPECT_EQ(report.chain_end, wanted.chain_end);
  EXPECT_EQ(report.state_hash, wanted.state_hash);
  // What was sold before is known, and the account's time goes on.
  auto trial = ledger.wanted(entries.front().account, 50'000, "trial");
  EXPECT_EQ(block_on(migrated.issue(trial)).error().reason, "idempotency_conflict");
  const auto end = base::to_unix_ms(ledger.clock.now());
  const auto late = ledger.snapshot(entries.front().account, end - 3'000, end - 1'000);
  ASSERT_TRUE(block_on(migrated.settle({late})).has_value());
  EXPECT_TRUE(block_on(migrated.verify()).value().ok);
}

TEST(Verify, GoesOnAfterABrokenEntryAndNamesEachOfThem) {
  LedgerFixture ledger;
  fill(ledger);
  const auto report =
      verify_after(ledger, "UPDATE journal SET reason = 'because' WHERE sequence IN (2, 3, 6)");
  EXPECT_THAT(report.faults,
              ElementsAre(HasSubstr("entry 2:"), HasSubstr("entry 3:"), HasSubstr("entry 6:")));
  const auto unreadable =
      verify_after(ledger, "UPDATE journal SET kind = 'gift' WHERE sequence IN (2, 5)");
  EXPECT_THAT(unreadable.faults, ElementsAre(HasSubstr("entry 2:"), HasSubstr("entry 5:")));
}

TEST(Verify, NamesAFirstEntryThatNothingFinds) {
  LedgerFixture ledger;
  fill(ledger);
  const auto report = verify_after(ledger, "UPDATE journal SET listed = 0 WHERE sequence = 1");
  EXPECT_THAT(report.faults, ElementsAre(HasSubstr("entry 1: is its account's first")));
}

// The bytes of docs/ledger-journal.md, hashed by another program.
TEST(Journal, HashesTheDocumentedBytes) {
  Entry entry;
  entry.sequence = 7;
  entry.at = base::from_micros(1'700'000'000'000'001);
  entry.kind = EntryKind::run_charged;
  entry.account = base::AccountId{{1, 2}};
  entry.grant = base::GrantId{{3, 4}};
  entry.amount = base::Millis{1500};
  entry.from = Bucket::available;
  entry.to = Bucket::consumed;
  entry.available_after = base::Millis{-20};
  entry.key = "charge:x";
  entry.tariff = 1;
  entry.reason = "time in use";
  entry.actor = "meter";
  entry.details = "a=b";
  entry.previous_hash.fill(std::byte{0xAB});
  EXPECT_EQ(hash_text(hash_of(entry)),
            "4e8e3a01d5005358413f8df6cb66baa2cd80c42a805f28f54d32f29553a4112c");
}

// Entries of older programs say how long the pauses were together, which nobody ever counted.
TEST(Journal, ReadsEntriesWithAWordThatIsWrittenNoMore) {
  RunDetails details;
  details.span = {at_ms(1000), at_ms(3000)};
  details.part = base::RunId{{5, 6}};
  details.lane = "usr_member";
  details.routes = {1, 2, 0, 0, 3, 0};
  const auto text = format_details(details);
  auto older = text;
  older.insert(older.find("routes="), "idle=0 ");
  const auto read = parse_run_details(older);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(format_details(*read), text);
}

struct Acknowledged {
  std::int64_t end_ms;
  std::int64_t billed_ms;
};

// Settles a growing run and tells what was acknowledged; never returns.
[[noreturn]] void settle_until_killed(const std::string& path, base::AccountId account,
                                      base::RunId run, std::int64_t from, int pipe) {
  base::SystemClock clock;
  base::SystemRandom random;
  base::Log log({}, clock);
  auto database = std::move(sql::Database::open({.path = path}).value());
  LedgerService ledger(*database, clock, random, log);
  RunSnapshot snapshot;
  snapshot.account = account;
  snapshot.run = run;
  snapshot.span = {at_ms(1'000'000), at_ms(from)};
  std::int64_t billed = 0;
  for (std::int64_t end = from + 1;; ++end) {
    snapshot.span.end = at_ms(end);
    snapshot.proofs = end;
    const auto settled = block_on(ledger.settle({snapshot}));
    if (!settled) ::_exit(1);
    billed += settled->front().billed.count();
    const Acknowledged told{end, billed};
    if (::write(pipe, &told, sizeof told) != sizeof told) ::_exit(1);
  }
}

// D14, D15, D19: a crash in the middle of settling loses nothing that was
// acknowledged and leaves nothing half done.
TEST(Verify, AgreesAfterKillNineInTheMiddleOfSettlingAndNothingAcknowledgedIsMissing) {
  LedgerFixture ledger;
  const auto account = ledger.new_account();
  ASSERT_TRUE(ledger.issue(account, 100'000'000).has_value());
  const auto run = base::RunId::make(ledger.clock.now(), ledger.random);
  std::int64_t from = 1'000'001;
  for (int round = 0; round < 4; ++round) {
    const auto before = ledger.balance(account).available.count();
    ledger.close();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) settle_until_killed(ledger.path(), account, run, from, ends[1]);
    ::close(ends[1]);
    Acknowledged told{};
    for (int i = 0; i < 15 + round * 11; ++i)
      ASSERT_EQ(::read(ends[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
    ::kill(child, SIGKILL);
    while (::read(ends[0], &told, sizeof told) == sizeof told) {
    }
    ::close(ends[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ledger.reopen();
    const auto report = ledger.verify();
    EXPECT_TRUE(report.ok) << ::testing::PrintToString(report.faults);
    const auto stored = ledger.runs(account).at(0);
    EXPECT_GE(stored.span.end, at_ms(told.end_ms));
    EXPECT_LE(stored.span.end, at_ms(told.end_ms + 1));
    EXPECT_LE(ledger.balance(account).available.count(), before - told.billed_ms);
    EXPECT_EQ(ledger.balance(account).available.count(), 100'000'000 - stored.billed.count());
    from = base::to_unix_ms(stored.span.end);
  }
}

}  // namespace
}  // namespace ledger
