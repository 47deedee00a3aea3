#include "worker/text_lines.hpp"

#include <gtest/gtest.h>

namespace worker {
namespace {

std::vector<std::string> lines_of(std::string_view text, LineEnd end = LineEnd::newline) {
  LineReader reader(bytes_of_text(text), end);
  std::vector<std::string> lines;
  Line line;
  while (*reader.next(line)) lines.emplace_back(line.text);
  return lines;
}

std::vector<std::string> fields_of(std::string_view line, char delimiter = ',') {
  FieldSplitter splitter(delimiter);
  std::vector<std::string_view> fields;
  EXPECT_EQ(splitter.split(line, fields), SplitOutcome::ok);
  return {fields.begin(), fields.end()};
}

using Texts = std::vector<std::string>;

TEST(LineReader, EndsLinesAtEveryKindOfLineEnd) {
  EXPECT_EQ(lines_of("a\nb\r\nc"), (Texts{"a", "b", "c"}));
  EXPECT_EQ(lines_of("a\n\nb\n"), (Texts{"a", "", "b"}));
  EXPECT_EQ(lines_of("a\rb\r", LineEnd::carriage_return), (Texts{"a", "b"}));
  EXPECT_EQ(lines_of(""), Texts{});
}

TEST(LineReader, ALineBeyondOneMebibyteIsReportedOnceAndTheNextIsWhole) {
  for (const std::size_t size : {kMaxLineBytes + 1, 5 * kMaxLineBytes}) {
    const std::string text = "first\n" + std::string(size, 'x') + "\nlast";
    LineReader reader(bytes_of_text(text));
    Line line;
    ASSERT_TRUE(*reader.next(line));
    ASSERT_TRUE(*reader.next(line));
    EXPECT_TRUE(line.too_long);
    EXPECT_EQ(line.number, 2U);
    ASSERT_TRUE(*reader.next(line));
    EXPECT_EQ(line.text, "last");
    EXPECT_EQ(line.number, 3U);
    EXPECT_FALSE(*reader.next(line));
    EXPECT_EQ(reader.consumed(), text.size());
  }
}

TEST(FieldSplitter, QuotesKeepDelimitersAndDoubledQuotes) {
  EXPECT_EQ(fields_of("a, b ,c"), (Texts{"a", "b", "c"}));
  EXPECT_EQ(fields_of("\"1,234.5\",\"say \"\"hi\"\"\",x"), (Texts{"1,234.5", "say \"hi\"", "x"}));
  EXPECT_EQ(fields_of("a\t\tb", '\t'), (Texts{"a", "", "b"}));
  EXPECT_EQ(fields_of("\"a\","), (Texts{"a", ""}));
}

TEST(FieldSplitter, AQuoteThatNeverEndsAndEndlessColumnsAreRefused) {
  FieldSplitter splitter(',');
  std::vector<std::string_view> fields;
  EXPECT_EQ(splitter.split("a,\"b,c", fields), SplitOutcome::unclosed_quote);
  EXPECT_EQ(splitter.split(std::string(3000, ','), fields), SplitOutcome::too_many_columns);
}

}  // namespace
}  // namespace worker
