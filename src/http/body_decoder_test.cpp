#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "http/body_decoder.hpp"

namespace http {
namespace {

struct Decoded {
  std::string data;
  std::string rest;
  BodyDecoder::State state;
};

Decoded decode(std::string_view raw, std::size_t step) {
  BodyDecoder decoder;
  decoder.start_chunked();
  Decoded decoded{};
  std::size_t used = 0;
  while (used < raw.size() && decoder.state() == BodyDecoder::State::more) {
    std::string_view piece = raw.substr(used, step);
    const auto given = piece.size();
    while (!piece.empty() && decoder.state() == BodyDecoder::State::more)
      decoded.data += decoder.take(piece);
    used += given - piece.size();
  }
  decoded.rest = raw.substr(used);
  decoded.state = decoder.state();
  return decoded;
}

TEST(BodyDecoder, ChunksAreJoinedAndTheNextRequestIsLeftAlone) {
  for (const std::size_t step : {1U, 2U, 3U, 7U, 1000U}) {
    const auto decoded =
        decode("4\r\nWiki\r\nA;name=value\r\npedia in \n\r\n0\r\nTrailer: x\r\n\r\nGET /", step);
    EXPECT_EQ(decoded.state, BodyDecoder::State::done);
    EXPECT_EQ(decoded.data, "Wikipedia in \n");
    EXPECT_EQ(decoded.rest, "GET /");
  }
}

TEST(BodyDecoder, WhatIsNoChunkIsBroken) {
  for (const std::string raw :
       {"0x4\r\nWiki\r\n", "+4\r\nWiki\r\n", "-4\r\nWiki\r\n", " 4\r\nWiki\r\n", "4 \r\nWiki\r\n",
        "\r\nWiki\r\n", ";x\r\n", "g\r\n", "4\nWiki\r\n", "4\r\nWiki\n", "4\r\nWikiX\r\n",
        "1000000000000000\r\n", "00000000000000004\r\nWiki\r\n", "4;a\nb\r\nWiki\r\n",
        "0\r\n X: folded\r\n\r\n", "0\r\nX: a\n\r\n", "0\r\n\rX"})
    EXPECT_EQ(decode(raw, 1000).state, BodyDecoder::State::broken) << raw;
  EXPECT_EQ(decode("4;" + std::string(5000, 'x') + "\r\n", 1000).state, BodyDecoder::State::broken);
  EXPECT_EQ(decode("0\r\nX: " + std::string(5000, 'x') + "\r\n\r\n", 1000).state,
            BodyDecoder::State::broken);
}

TEST(BodyDecoder, ManySmallExtensionsAreNotFree) {
  std::string raw;
  for (int i = 0; i < 3000; ++i) raw += "1;e=1\r\nx\r\n";
  EXPECT_EQ(decode(raw, 1000).state, BodyDecoder::State::broken);
}

RC_GTEST_PROP(BodyDecoder, AnyChunkingOfAnyTextComesBackWhole,
              (const std::vector<std::string>& pieces)) {
  std::string raw;
  std::string text;
  for (const auto& piece : pieces) {
    if (piece.empty()) continue;
    char size[20];
    snprintf(size, sizeof size, "%zx\r\n", piece.size());
    raw += size + piece + "\r\n";
    text += piece;
  }
  raw += "0\r\n\r\n";
  const auto step = *rc::gen::inRange<std::size_t>(1, 50);
  const auto decoded = decode(raw, step);
  RC_ASSERT(decoded.state == BodyDecoder::State::done);
  RC_ASSERT(decoded.data == text);
}

TEST(BodyDecoder, ALengthEndsWhereItSays) {
  BodyDecoder decoder;
  decoder.start_length(5);
  std::string_view raw = "hello world";
  EXPECT_EQ(decoder.take(raw), "hello");
  EXPECT_EQ(raw, " world");
  EXPECT_EQ(decoder.state(), BodyDecoder::State::done);
}

}  // namespace
}  // namespace http
