#include "wire/frame.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace wire {
namespace {

RC_GTEST_PROP(Frames, AnySplitOfTheBytesGivesTheSameFrames,
              (const std::vector<std::string>& payloads)) {
  std::string bytes;
  for (std::size_t index = 0; index < payloads.size(); ++index)
    append_frame(bytes, FrameType::data, static_cast<std::uint32_t>(index), payloads[index]);
  FrameReader reader;
  std::vector<std::string> read;
  Frame frame;
  while (!bytes.empty()) {
    const auto size = *rc::gen::inRange<std::size_t>(1, bytes.size() + 1);
    reader.feed(std::string_view{bytes}.substr(0, size));
    bytes.erase(0, size);
    while (*reader.next(frame)) {
      RC_ASSERT(frame.request == read.size());
      read.push_back(frame.payload);
    }
  }
  RC_ASSERT(read == payloads);
}

TEST(Frames, AnOversizeOrUnknownFrameIsAnError) {
  FrameReader oversize;
  oversize.feed(std::string("\xFF\xFF\xFF\x7F\x43\0\0\0\0", 9));
  Frame frame;
  EXPECT_FALSE(oversize.next(frame));
  FrameReader unknown;
  unknown.feed(std::string("\0\0\0\0\x20\0\0\0\0", 9));
  EXPECT_FALSE(unknown.next(frame));
}

TEST(Frames, AnErrorCrossesWithItsCodeMembersAndFields) {
  base::Error error{
      base::ErrorCode::forbidden, "statement_not_allowed", "No.", "log \"this\"", {}, {}};
  error.members.push_back({"position", "7"});
  error.fields.push_back({"sql", "is wrong"});
  const auto back = decode_error(encode_error(error));
  EXPECT_EQ(back.code, base::ErrorCode::forbidden);
  EXPECT_EQ(back.reason, "statement_not_allowed");
  EXPECT_EQ(back.detail, "log \"this\"");
  ASSERT_EQ(back.members.size(), 1U);
  EXPECT_EQ(back.members[0].json, "7");
  ASSERT_EQ(back.fields.size(), 1U);
  EXPECT_EQ(decode_error("nonsense").reason, "internal_error");
  EXPECT_EQ(decode_error(R"({"code":422,"message":"no reason"})").reason, "internal_error");
}

TEST(Frames, CreditIsFourBytesOrNothing) {
  EXPECT_EQ(decode_credit(encode_credit(4'000'000'000U)), 4'000'000'000U);
  EXPECT_EQ(decode_credit("123"), 0U);
}

}  // namespace
}  // namespace wire
