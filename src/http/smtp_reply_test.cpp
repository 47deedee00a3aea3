#include <gtest/gtest.h>

#include "http/smtp_reply.hpp"

namespace http {
namespace {

std::optional<SmtpReply> reply_in(std::string_view bytes) {
  SmtpReplies replies;
  replies.feed(bytes);
  return replies.next();
}

TEST(SmtpReply, TheLastLineOfSeveralHasTheCode) {
  const auto reply = reply_in("250-mail.example\r\n250-SIZE 1000\r\n250 starttls\r\n220 next\r\n");
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->code, 250);
  EXPECT_EQ(reply->text, "250-mail.example\r\n250-SIZE 1000\r\n250 starttls\r\n");
}

TEST(SmtpReply, IsWaitedForUntilItsLastLineEnds) {
  SmtpReplies replies;
  for (const std::string_view piece : {"250-mail.example\r\n", "25", "0 ok\r"}) {
    replies.feed(piece);
    EXPECT_FALSE(replies.next().has_value()) << piece;
  }
  replies.feed("\n354");
  EXPECT_EQ(replies.next()->code, 250);
  EXPECT_EQ(replies.waiting(), 3U);
}

TEST(SmtpReply, WhatIsNoReplyHasNoCode) {
  for (const auto* line : {"", "25", "-50 x", "+25 x", "2 0 x", "2500", "25x ok", "ok 250", "250x"})
    EXPECT_EQ(reply_in(std::string(line) + "\r\n")->code, 0) << line;
  // Nor is what follows it waited for.
  EXPECT_EQ(reply_in("250-mail.example\r\nabc-def\r\n250 ok\r\n")->code, 0);
}

TEST(SmtpReply, AnExtensionIsOfferedByALineOfItsOwn) {
  const auto offers = [](std::string_view text) { return reply_in(text)->offers("STARTTLS"); };
  EXPECT_TRUE(offers("250-mail.example\r\n250-SIZE 1\r\n250 STARTTLS\r\n"));
  EXPECT_TRUE(offers("250-mail.example\r\n250-starttls\r\n250 SIZE 1\r\n"));
  EXPECT_FALSE(offers("250-STARTTLS.example\r\n250 SIZE 1\r\n"));
  EXPECT_FALSE(offers("250 STARTTLS\r\n"));
  EXPECT_FALSE(offers("250-mail.example\r\n250-XSTARTTLS\r\n250 no STARTTLS here\r\n"));
}

}  // namespace
}  // namespace http
