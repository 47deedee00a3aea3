#include "worker/number_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <charconv>

namespace worker {
namespace {

double value_of(std::string_view text, char decimal = '.') {
  const auto parsed = parse_number(text, decimal);
  EXPECT_EQ(parsed.kind, NumberKind::value) << text;
  return parsed.value;
}

TEST(NumberText, ReadsWhatPriceFilesHold) {
  EXPECT_EQ(value_of("10.79"), 10.79);
  EXPECT_EQ(value_of("-0.5"), -0.5);
  EXPECT_EQ(value_of("3.60E-05"), 3.60E-05);
  EXPECT_EQ(value_of("1.062926E+08"), 106292600);
  EXPECT_EQ(value_of("593562.95523744"), 593562.95523744);
  EXPECT_EQ(value_of("0.14550000429153442"), 0.14550000429153442);
  EXPECT_EQ(value_of("$42.545"), 42.545);
  EXPECT_EQ(value_of("16,564.00"), 16564);
  EXPECT_EQ(value_of("1.234,56", ','), 1234.56);
  EXPECT_EQ(value_of("49.39M"), 49.39e6);
  EXPECT_EQ(value_of("(3.5)"), -3.5);
  EXPECT_EQ(value_of("-0.05%"), -0.05);
}

// D47: a value that is not there is missing, never invented.
TEST(NumberText, AbsenceIsMissingAndNonsenseIsUnreadable) {
  for (const char* text : {"", "null", "NULL", "N/A", "-", "NaN", "None"})
    EXPECT_EQ(parse_number(text, '.').kind, NumberKind::missing) << text;
  for (const char* text : {"inf", "-inf", "Infinity"})
    EXPECT_EQ(parse_number(text, '.').kind, NumberKind::infinite) << text;
  for (const char* text : {"abc", "1.2.3", "12:30", "1e", "--1", "1 2x", ".", "1e999"})
    EXPECT_EQ(parse_number(text, '.').kind, NumberKind::unreadable) << text;
}

RC_GTEST_PROP(NumberText, AgreesWithTheStandardLibraryToTheLastBit, (double number)) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  RC_ASSERT(error == std::errc{});
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const auto parsed = parse_number(text, '.');
  RC_ASSERT(parsed.kind == NumberKind::value);
  RC_ASSERT(parsed.value == number);
}

RC_GTEST_PROP(NumberText, ShortDecimalsAreCorrectlyRounded, (std::uint32_t whole)) {
  const std::string text =
      std::to_string(whole) + "." + std::to_string(*rc::gen::inRange(0, 1'000'000));
  double expected = 0;
  std::from_chars(text.data(), text.data() + text.size(), expected);
  RC_ASSERT(parse_number(text, '.').value == expected);
}

TEST(NumberText, HintsTellTheDecimalMarkOrThatBothFit) {
  EXPECT_EQ(decimal_hint("12"), DecimalHint::none);
  EXPECT_EQ(decimal_hint("12.5"), DecimalHint::point);
  EXPECT_EQ(decimal_hint("12,5"), DecimalHint::comma);
  EXPECT_EQ(decimal_hint("1,234"), DecimalHint::either);
  EXPECT_EQ(decimal_hint("1,234.5"), DecimalHint::point);
  EXPECT_EQ(decimal_hint("1.234,5"), DecimalHint::comma);
  EXPECT_EQ(decimal_hint("1,234,567"), DecimalHint::point);
  EXPECT_EQ(decimal_hint("0.125"), DecimalHint::point);
}

}  // namespace
}  // namespace worker
