#include "http/websocket_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace http {
namespace {

std::string frame(std::size_t payload, std::uint8_t first = 0x82) {
  std::string out(1, static_cast<char>(first));
  if (payload < 126) {
    out.push_back(static_cast<char>(payload));
  } else if (payload < 65'536) {
    out.push_back(126);
    out.push_back(static_cast<char>(payload >> 8U));
    out.push_back(static_cast<char>(payload & 0xFFU));
  } else {
    out.push_back(127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>((payload >> static_cast<unsigned>(shift)) & 0xFFU));
  }
  return out.append(payload, '\x88');  // payload that looks like a close frame
}

TEST(FrameCursor, KnowsTheEndOfEveryFrameHoweverTheBytesCome) {
  rc::check([] {
    const auto sizes = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::element<std::size_t>(0, 1, 125, 126, 127, 300, 65'535, 65'536, 70'000));
    std::string all;
    std::vector<std::size_t> ends;
    for (const auto size : sizes) {
      all += frame(size);
      ends.push_back(all.size());
    }
    FrameCursor cursor;
    std::size_t at = 0;
    while (at < all.size()) {
      const auto step =
          std::min<std::size_t>(*rc::gen::inRange<std::size_t>(1, 40'000), all.size() - at);
      const std::string_view piece{all.data() + at, step};
      const auto next_end = *std::upper_bound(ends.begin(), ends.end(), at);
      if (!cursor.between_frames())
        RC_ASSERT(cursor.rest_of_frame(piece) == std::min(step, next_end - at));
      cursor.take(piece);
      at += step;
      RC_ASSERT(cursor.between_frames() == (std::find(ends.begin(), ends.end(), at) != ends.end()));
    }
    RC_ASSERT(!cursor.closed());
  });
}

TEST(FrameCursor, SeesACloseFrameAndMaskedOnes) {
  FrameCursor cursor;
  cursor.take(std::string("\x81\x82\x01\x02\x03\x04hi", 8));
  EXPECT_TRUE(cursor.between_frames());
  EXPECT_FALSE(cursor.closed());
  cursor.take(close_frame(1000, "bye"));
  EXPECT_TRUE(cursor.closed());
}

TEST(CloseFrame, HoldsCodeAndReasonAndNeverMoreThanFits) {
  EXPECT_EQ(close_frame(4402, "hours_exhausted"),
            std::string("\x88\x11\x11\x32") + "hours_exhausted");
  EXPECT_EQ(close_frame(1000, std::string(500, 'x')).size(), 127U);
}

}  // namespace
}  // namespace http
