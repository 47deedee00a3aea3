#include <gtest/gtest.h>

#include "base/decimal.hpp"
#include "base/text_pieces.hpp"

namespace base {
namespace {

TEST(AppendPieces, LiteralsViewsAndNumbersFollowWhatWasThere) {
  std::string out = "a: ";
  append_pieces(out, "b", std::string_view{"cd"}, DecimalText{-12}, std::string("e"), "\r\n");
  EXPECT_EQ(out, "a: bcd-12e\r\n");
}

// Its address is null, which memcpy does not take; found by the sanitizer in answers without more
// headers.
TEST(AppendPieces, APieceThatIsNothingAddsNothing) {
  std::string out;
  append_pieces(out, std::string_view{});
  EXPECT_EQ(out, "");
  append_pieces(out, "a", std::string_view{}, "b");
  EXPECT_EQ(out, "ab");
}

}  // namespace
}  // namespace base
