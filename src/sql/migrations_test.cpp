#include "sql/migrations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/sqlite_dialect.hpp"
#include "sql/temp_database.hpp"

namespace sql {
namespace {

using base::block_on;
using base::EmbeddedFile;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr EmbeddedFile kFirst{"0001_first.sql", "CREATE TABLE first (id BIGINT PRIMARY KEY);"};
constexpr EmbeddedFile kSecond{"0002_second.sql",
                               "CREATE TABLE second (id BIGINT PRIMARY KEY);"
                               "INSERT INTO first (id) VALUES (7);"};

base::Result<MigrationReport> run(Database& database, std::vector<EmbeddedFile> files) {
  return block_on(migrate(database, files));
}

base::Result<std::int64_t> count_tables(OperatorTx& tx) {
  auto row = tx.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table'");
  row.step();
  return row.integer(0);
}

TEST(Migrations, ApplyInOrderOfNameAndOnlyOnce) {
  TempDatabase temp;
  EXPECT_THAT(run(*temp, {kSecond, kFirst})->applied,
              ElementsAre("0001_first.sql", "0002_second.sql"));
  const auto again = run(*temp, {kFirst, kSecond});
  EXPECT_THAT(again->applied, IsEmpty());
  EXPECT_EQ(again->known, 2U);
}

TEST(Migrations, GoOnWhereAnOlderProgramStopped) {
  TempDatabase temp;
  ASSERT_TRUE(run(*temp, {kFirst}).has_value());
  temp.reopen();
  EXPECT_THAT(run(*temp, {kFirst, kSecond})->applied, ElementsAre("0002_second.sql"));
}

TEST(Migrations, RefuseADatabaseOfANewerProgram) {
  TempDatabase temp;
  ASSERT_TRUE(run(*temp, {kFirst, kSecond}).has_value());
  EXPECT_EQ(run(*temp, {kFirst}).error().reason, "database_newer");
}

TEST(Migrations, RefuseAnAppliedFileWhoseBytesChanged) {
  TempDatabase temp;
  ASSERT_TRUE(run(*temp, {kFirst}).has_value());
  const EmbeddedFile changed{kFirst.path, "CREATE TABLE first (id BIGINT PRIMARY KEY) ;"};
  EXPECT_EQ(run(*temp, {changed, kSecond}).error().reason, "migration_changed");
}

TEST(Migrations, RefuseANewFileThatSortsBeforeAnAppliedOne) {
  TempDatabase temp;
  ASSERT_TRUE(run(*temp, {kFirst}).has_value());
  const EmbeddedFile late{"0000_late.sql", "CREATE TABLE late (id BIGINT PRIMARY KEY);"};
  EXPECT_EQ(run(*temp, {late, kFirst}).error().reason, "migration_order");
}

TEST(Migrations, ABrokenFileLeavesNothingOfItself) {
  TempDatabase temp;
  const EmbeddedFile broken{"0002_broken.sql",
                            "CREATE TABLE half (id BIGINT PRIMARY KEY); CREATE TABLE oops (;"};
  EXPECT_EQ(run(*temp, {kFirst, broken}).error().code, base::ErrorCode::internal);
  EXPECT_EQ(block_on((*temp).read_operator<std::int64_t>(count_tables)).value(), 2);
  EXPECT_THAT(run(*temp, {kFirst, kSecond})->applied, ElementsAre("0002_second.sql"));
}

TEST(Migrations, TheEmbeddedOnesApplyToAnEmptyDatabase) {
  TempDatabase temp;
  const auto report = block_on(migrate(*temp));
  ASSERT_TRUE(report.has_value()) << report.error().detail;
  EXPECT_EQ(report->applied.size(), embedded_migrations().size());
}

TEST(SqliteDialect, TranslatesTypesAndMakesTablesStrictButLeavesQuotedTextAlone) {
  EXPECT_EQ(to_sqlite_schema("create table a (b BIGINT, c BYTEA DEFAULT 'BIGINT;'); -- BIGINT\n"
                             "CREATE INDEX i ON a (b)"),
            "create table a (b INTEGER, c BLOB DEFAULT 'BIGINT;') STRICT; \n"
            "CREATE INDEX i ON a (b)");
}

}  // namespace
}  // namespace sql
