#include "duck/connection.hpp"

#include <gtest/gtest.h>

#include "duck/appender.hpp"

namespace duck {
namespace {

Connection open_memory() {
  return *Connection::open(*Database::open(":memory:", Access::read_write));
}

TEST(DuckConnection, StreamsChunkByChunkToTheEnd) {
  auto connection = open_memory();
  auto rows = connection.query("SELECT i, i::VARCHAR AS s FROM range(5000) t(i)");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->columns()[1].name, "s");
  Chunk chunk;
  std::int64_t sum = 0;
  std::size_t count = 0;
  while (*rows->next(chunk)) {
    for (std::size_t row = 0; row < chunk.size(); ++row)
      sum += chunk.column(0).at<std::int64_t>(row);
    count += chunk.size();
  }
  EXPECT_EQ(count, 5000U);
  EXPECT_EQ(sum, 4999 * 5000 / 2);
}

TEST(DuckConnection, NullsShortAndLongTextsComeBackAsTheyWere) {
  auto connection = open_memory();
  auto rows = connection.query("SELECT unnest([NULL, 'short', 'longer than twelve bytes'])");
  ASSERT_TRUE(rows);
  Chunk chunk;
  ASSERT_TRUE(*rows->next(chunk));
  EXPECT_FALSE(chunk.column(0).valid(0));
  EXPECT_EQ(chunk.column(0).text(1), "short");
  EXPECT_EQ(chunk.column(0).text(2), "longer than twelve bytes");
}

TEST(DuckConnection, AParameterIsAValueNeverSql) {
  auto connection = open_memory();
  const std::string hostile = "'; DROP TABLE t; --";
  EXPECT_EQ(*connection.text("SELECT $1::VARCHAR", {hostile}), hostile);
  EXPECT_EQ(*connection.integer("SELECT length($1)::BIGINT", {hostile}), 19);
}

TEST(DuckConnection, MistakesAreSqlErrorsWithDuckDbsText) {
  auto connection = open_memory();
  const auto rows = connection.query("SELECT nope FROM nowhere");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().reason, "sql_error");
  EXPECT_NE(rows.error().message.find("nowhere"), std::string::npos);
}

TEST(DuckConnection, RowsOutliveTheConnectionObjectTheyCameFrom) {
  auto rows = [] {
    auto connection = open_memory();
    return *connection.query("SELECT i FROM range(3) t(i)");
  }();
  Chunk chunk;
  EXPECT_TRUE(*rows.next(chunk));
  EXPECT_EQ(chunk.size(), 3U);
}

TEST(DuckAppender, LoadsTextsNumbersAndNulls) {
  auto connection = open_memory();
  ASSERT_TRUE(connection.run("CREATE TABLE t(s VARCHAR, stamp TIMESTAMP, x DOUBLE)"));
  auto appender = Appender::open(connection, "t",
                                 {TypeId::varchar, TypeId::timestamp, TypeId::double_precision});
  ASSERT_TRUE(appender);
  for (int row = 0; row < 5000; ++row) {
    appender->set_text(0, "symbol number " + std::to_string(row));
    appender->set_i64(1, 1'000'000LL * row);
    if (row % 2 == 0)
      appender->set_f64(2, row);
    else
      appender->set_null(2);
    ASSERT_TRUE(appender->end_row());
  }
  ASSERT_TRUE(appender->close());
  EXPECT_EQ(*connection.integer("SELECT count(*) FROM t"), 5000);
  EXPECT_EQ(*connection.integer("SELECT count(x) FROM t"), 2500);
  EXPECT_EQ(*connection.integer("SELECT count(DISTINCT s) FROM t WHERE epoch(stamp) < 4999"), 4999);
}

TEST(DuckNames, QuotesAreDoubled) {
  EXPECT_EQ(quote_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_text("it's"), "'it''s'");
}

}  // namespace
}  // namespace duck
