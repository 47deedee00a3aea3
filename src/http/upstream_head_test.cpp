#include "http/upstream_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace http {
namespace {

UpstreamHeadState state_of(std::string_view text) {
  UpstreamHead head;
  return parse_upstream_head(text, head);
}

TEST(UpstreamHead, SaysWhatWasSent) {
  UpstreamHead head;
  const std::string text =
      "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX-A:  b c \r\nx-a: d\r\n\r\nhello";
  ASSERT_EQ(parse_upstream_head(text, head), UpstreamHeadState::complete);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.content_length, 5U);
  EXPECT_EQ(head.header("X-a"), "b c");
  EXPECT_EQ(head.headers.size(), 3U);
  EXPECT_EQ(head.bytes, text.size() - 5);
  EXPECT_TRUE(head.keep_alive);
}

TEST(UpstreamHead, KeepAliveFollowsTheVersionAndTheConnectionHeader) {
  const auto keeps = [](std::string_view text) {
    UpstreamHead head;
    EXPECT_EQ(parse_upstream_head(text, head), UpstreamHeadState::complete);
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1 200\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0 200 OK\r\n\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(UpstreamHead, EveryPrefixOfAHeadIsIncomplete) {
  const std::string text = "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(state_of(text.substr(0, size)), UpstreamHeadState::incomplete) << size;
  EXPECT_EQ(state_of(text), UpstreamHeadState::complete);
}

// Response splitting and smuggling: whatever a client's parser could read otherwise ends here.
TEST(UpstreamHead, WhatTwoParsersCouldReadDifferentlyIsMalformed) {
  for (const char* text :
       {"HTTP/1.1 200 OK\nA: b\n\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"})
    EXPECT_EQ(state_of(text), UpstreamHeadState::malformed) << text;
}

TEST(UpstreamHead, AHeadWithoutEndIsMalformed) {
  EXPECT_EQ(state_of("HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'x')),
            UpstreamHeadState::malformed);
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 201; ++i) many += "A: b\r\n";
  EXPECT_EQ(state_of(many + "\r\n"), UpstreamHeadState::malformed);
}

}  // namespace
}  // namespace http
