#include <gtest/gtest.h>

#include "http/list_cursor.hpp"

namespace http {
namespace {

TEST(NumberCursor, WhatAListGaveIsRead) {
  EXPECT_EQ(parse_number_cursor("0"), 0);
  EXPECT_EQ(parse_number_cursor("50"), 50);
  EXPECT_EQ(parse_number_cursor("9223372036854775807"), 9'223'372'036'854'775'807);
}

TEST(NumberCursor, WhatNoListGaveIsRefused) {
  for (const auto* text : {"", "-1", "-0", "+1", "01", "00", " 1", "1 ", "1.0", "0x1", "one",
                           "9223372036854775808", "1\n"})
    EXPECT_EQ(parse_number_cursor(text), std::nullopt) << text;
}

}  // namespace
}  // namespace http
