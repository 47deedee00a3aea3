#include <gtest/gtest.h>

#include "base/utf8.hpp"

namespace base {
namespace {

TEST(Utf8, OverlongFormsSurrogatesAndTruncationAreInvalid) {
  EXPECT_TRUE(
      is_utf8("Zamkni\xC4\x99"
              "cie \xF0\x9D\x84\x9E"));
  for (const char* text :
       {"\xC0\xAF", "\xED\xA0\x80", "\xE2\x82", "\xF5\x80\x80\x80", "\xFF", "\x80"})
    EXPECT_FALSE(is_utf8(text));
  EXPECT_FALSE(is_utf8(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace base
