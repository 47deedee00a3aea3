#include "base/json.hpp"

#include <cstdlib>
#include <limits>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <boost/json/parse.hpp>

namespace base {
namespace {

std::string reason_of(std::string_view text) {
  const auto object = parse_json_object(text);
  return object ? "parsed" : object.error().reason;
}

TEST(ParseJsonObject, TakesAnObject) {
  const auto object = parse_json_object(R"( {"a": 1, "b": {"a": [true, null, "x", 1.5]}} )");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->at("a").as_int64(), 1);
  EXPECT_EQ(object->at("b").as_object().at("a").as_array().size(), 4U);
}

TEST(ParseJsonObject, RefusesWhatIsNotOneObject) {
  for (const char* text :
       {"", " ", "[]", "1", "\"x\"", "null", "{", "{}x", "{} {}", "{'a':1}", "{\"a\":1,}",
        "{\"a\":01}", "{\"a\":NaN}", "// c\n{}", "{\"a\":\"\xFF\"}"})
    EXPECT_EQ(reason_of(text), "malformed") << text;
}

TEST(ParseJsonObject, RefusesAMemberNamedTwiceAtAnyDepth) {
  EXPECT_EQ(reason_of(R"({"a":1,"a":2})"), "malformed");
  EXPECT_EQ(reason_of(R"({"x":[{"a":1,"\u0061":2}]})"), "malformed");
  EXPECT_EQ(reason_of(R"({"x":[{"a":1},{"a":2}]})"), "parsed");
}

// Found by fuzzing what a worker says: kept as 1e99999, which is not read again.
TEST(ParseJsonObject, RefusesANumberBeyondADouble) {
  EXPECT_TRUE(parse_json_object(R"({"a":1e308,"b":-1e308,"c":1e-400})").has_value());
  for (const auto* text :
       {R"({"a":1e309})", R"({"a":-1e309})", R"({"a":[{"b":1e00000100000}]})", R"({"a":-2e9997})"})
    EXPECT_FALSE(parse_json_object(text).has_value()) << text;
}

TEST(ParseJsonObject, RefusesDeepNesting) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(reason_of(nested(31)), "parsed");
  EXPECT_EQ(reason_of(nested(32)), "malformed");
  EXPECT_EQ(reason_of(nested(100'000)), "malformed");
}

std::vector<std::string> names_of(const Error& error) {
  std::vector<std::string> names;
  for (const auto& field : error.fields) names.push_back(field.name);
  return names;
}

TEST(ObjectReader, NamesEveryWrongMissingAndUnknownFieldAtOnce) {
  const auto object =
      parse_json_object(R"({"email":7,"short":"x","count":"3","big":99,"flag":1,"extra":null})");
  ASSERT_TRUE(object);
  ObjectReader reader(*object);
  EXPECT_EQ(reader.text("email", 1, 10), "");
  EXPECT_EQ(reader.text("short", 2, 10), "");
  EXPECT_EQ(reader.text("absent", 1, 10), "");
  EXPECT_EQ(reader.integer("count", 0, 10), 0);
  EXPECT_EQ(reader.integer("big", 0, 10), 0);
  EXPECT_EQ(reader.integer("gone", 0, 10), 0);
  EXPECT_TRUE(reader.flag_or("flag", true));
  const auto finished = reader.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ErrorCode::invalid);
  EXPECT_EQ(finished.error().reason, "invalid_request");
  EXPECT_THAT(names_of(finished.error()),
              testing::UnorderedElementsAre("email", "short", "absent", "count", "big", "gone",
                                            "flag", "extra"));
}

TEST(ObjectReader, TakesWhatIsRightAndLeavesOptionalsOut) {
  const auto object = parse_json_object(R"({"name":"ab","n":-5,"on":false,"list":[1]})");
  ASSERT_TRUE(object);
  ObjectReader reader(*object);
  EXPECT_EQ(reader.text("name", 2, 2), "ab");
  EXPECT_EQ(reader.optional_text("other", 1, 2), std::nullopt);
  EXPECT_EQ(reader.integer("n", -5, 5), -5);
  EXPECT_EQ(reader.integer_or("m", 0, 9, 4), 4);
  EXPECT_FALSE(reader.flag_or("on", true));
  ASSERT_NE(reader.value("list"), nullptr);
  EXPECT_TRUE(reader.finish());
}

TEST(ObjectReader, WholeNumbersOnly) {
  for (const char* text : {R"({"n":1.0})", R"({"n":1e2})", R"({"n":18446744073709551615})",
                           R"({"n":null})", R"({"n":true})"}) {
    const auto object = parse_json_object(text);
    ASSERT_TRUE(object) << text;
    ObjectReader reader(*object);
    reader.integer("n", 0, std::numeric_limits<std::int64_t>::max());
    EXPECT_FALSE(reader.finish()) << text;
  }
}

TEST(ObjectReader, RefusesAZeroCharacterInText) {
  const auto object = parse_json_object(R"({"t":"a\u0000b"})");
  ASSERT_TRUE(object);
  ObjectReader reader(*object);
  reader.text("t", 1, 9);
  EXPECT_FALSE(reader.finish());
}

// What any bytes become: always JSON, and the same text again when they were UTF-8.
RC_GTEST_PROP(AppendJsonString, AnyBytesBecomeAValidString, (const std::string& bytes)) {
  std::string out;
  append_json_string(out, bytes);
  boost::json::error_code code;
  const auto value = boost::json::parse(out, code);
  RC_ASSERT(!code);
  RC_ASSERT(value.is_string());
  RC_ASSERT(out.find('\n') == std::string::npos);
}

TEST(AppendJsonString, KeepsUtf8AndReplacesTheRest) {
  const auto quoted = [](std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  };
  EXPECT_EQ(quoted("€ä𝄞\x7F"), "\"€ä𝄞\x7F\"");
  EXPECT_EQ(quoted("a\"\\\n\r\t\x01"), R"("a\"\\\n\r\t\u0001")");
  EXPECT_EQ(quoted("\xC0\xAF"), "\"\uFFFD\uFFFD\"");            // overlong '/'
  EXPECT_EQ(quoted("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");  // a surrogate
  EXPECT_EQ(quoted("x\xE2\x82"), "\"x\uFFFD\uFFFD\"");          // cut short
}

TEST(AppendJsonString, SeesWhatToEscapeAtEveryPlace) {
  for (std::size_t size = 1; size <= 40; ++size)
    for (std::size_t place = 0; place < size; ++place)
      for (const char odd : {'"', '\\'}) {
        std::string text(size, '~');
        text[place] = odd;
        std::string out = "before";
        append_json_string(out, text);
        EXPECT_EQ(out, "before\"" + std::string(place, '~') + '\\' + odd +
                           std::string(size - place - 1, '~') + '"');
      }
}

TEST(JsonWriter, SetsCommasThroughNesting) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  writer.field("rows", 12);
  writer.field("none", std::optional<std::string>{});
  writer.key("list");
  writer.begin_array();
  writer.begin_object();
  writer.end_object();
  writer.value(true);
  writer.value("x");
  writer.raw("[1]");
  writer.end_array();
  writer.field("after", std::numeric_limits<std::int64_t>::min());
  writer.end_object();
  EXPECT_EQ(out,
            R"({"rows":12,"none":null,"list":[{},true,"x",[1]],"after":-9223372036854775808})");
}

RC_GTEST_PROP(JsonWriter, DoublesReadBackExactly, (double number)) {
  std::string out;
  JsonWriter writer(out);
  writer.value(number);
  RC_ASSERT(std::strtod(out.c_str(), nullptr) == number);
}

TEST(JsonWriter, WhatIsNoNumberIsNull) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_array();
  writer.value(std::numeric_limits<double>::quiet_NaN());
  writer.value(std::numeric_limits<double>::infinity());
  writer.value(1e300);
  writer.end_array();
  EXPECT_EQ(out, "[null,null,1e+300]");
}

}  // namespace
}  // namespace base
