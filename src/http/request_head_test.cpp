#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/request_head.hpp"

namespace http {
namespace {

struct Verdict {
  HeadState state;
  int status;
  RequestHead head;
};

Verdict judge(std::string_view input, HeadLimits limits = {}) {
  Verdict verdict{};
  const HeadResult result = parse_head(input, limits, verdict.head);
  verdict.state = result.state;
  verdict.status = result.fault == nullptr ? 0 : result.fault->status;
  return verdict;
}

std::string with(std::string_view lines) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
}

TEST(RequestHead, AnOrdinaryRequestIsSplitIntoViews) {
  const std::string text =
      "GET /v1/runs/7?limit=5&x HTTP/1.1\r\nHost: redline.test:8080\r\nAccept:  a, b "
      "\t\r\nEmpty:\r\n\r\nrest";
  const auto [state, status, head] = judge(text);
  ASSERT_EQ(state, HeadState::complete);
  EXPECT_EQ(head.method, Method::get);
  EXPECT_EQ(head.target, "/v1/runs/7?limit=5&x");
  EXPECT_EQ(head.path, "/v1/runs/7");
  EXPECT_EQ(head.query, "limit=5&x");
  ASSERT_EQ(head.headers.size(), 3U);
  EXPECT_EQ(head.headers[1].value, "a, b");
  EXPECT_EQ(head.headers[2].value, "");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.has_body());
  EXPECT_EQ(head.bytes, text.size() - 4);
}

TEST(RequestHead, EveryPrefixOfAGoodHeadIsIncomplete) {
  for (const char* before : {"", "\r\n"}) {  // an empty line that an old client sends after a body
    const std::string text = before + with("Content-Length: 3\r\nX: y\r\n");
    for (std::size_t size = 0; size < text.size(); ++size)
      EXPECT_EQ(judge(std::string_view{text}.substr(0, size)).state, HeadState::incomplete) << size;
    EXPECT_EQ(judge(text).state, HeadState::complete);
  }
}

struct Bad {
  const char* name;
  std::string text;
  int status;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class RefusedHead : public testing::TestWithParam<Bad> {};

TEST_P(RefusedHead, IsRefusedWithItsStatus) {
  const auto verdict = judge(GetParam().text);
  EXPECT_EQ(verdict.state, HeadState::refused);
  EXPECT_EQ(verdict.status, GetParam().status);
}

// What two parsers could read differently, and what is no HTTP/1 at all.
INSTANTIATE_TEST_SUITE_P(
    Shapes, RefusedHead,
    testing::Values(
        Bad{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Bad{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        Bad{"EmptyHost", "GET / HTTP/1.1\r\nHost: \r\n\r\n", 400},
        Bad{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        Bad{"HostWithUser", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
        Bad{"TwoEqualLengths", with("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
        Bad{"TwoUnequalLengths", with("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
        Bad{"LengthList", with("Content-Length: 3, 3\r\n"), 400},
        Bad{"SignedLength", with("Content-Length: +3\r\n"), 400},
        Bad{"NegativeLength", with("Content-Length: -3\r\n"), 400},
        Bad{"HexLength", with("Content-Length: 0x3\r\n"), 400},
        Bad{"EmptyLength", with("Content-Length:\r\n"), 400},
        Bad{"HugeLength", with("Content-Length: 99999999999999999999\r\n"), 400},
        Bad{"LengthThenEncoding", with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
        Bad{"EncodingThenLength", with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
        Bad{"GzipChunked", with("Transfer-Encoding: gzip, chunked\r\n"), 501},
        Bad{"ChunkedTwice", with("Transfer-Encoding: chunked, chunked\r\n"), 501},
        Bad{"TwoEncodings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            501},
        Bad{"Identity", with("Transfer-Encoding: identity\r\n"), 501},
        Bad{"ChunkedWithTabInside", with("Transfer-Encoding: chunk\ted\r\n"), 501},
        Bad{"ChunkedVerticalTab", with("Transfer-Encoding: \vchunked\r\n"), 400},
        Bad{"ChunkedToHttp10", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            400},
        Bad{"SpaceBeforeColon", with("Content-Length : 3\r\n"), 400},
        Bad{"TabBeforeColon", with("X\t: 3\r\n"), 400}, Bad{"ObsFold", with("X: a\r\n b\r\n"), 400},
        Bad{"ObsFoldFirst", "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n", 400},
        Bad{"NoColon", with("JustText\r\n"), 400}, Bad{"EmptyName", with(": x\r\n"), 400},
        Bad{"BareLfInLine", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
        Bad{"BareLfInHeaders", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
        Bad{"BareLfAtEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
        Bad{"BareCr", with("X: a\rY: b\r\n"), 400},
        Bad{"NulInValue", with(std::string("X: a") + '\0' + "b\r\n"), 400},
        Bad{"DelInValue", with("X: a\x7f\r\n"), 400},
        Bad{"ControlInTarget",
            "GET /a\x01"
            "b HTTP/1.1\r\nHost: a\r\n\r\n",
            400},
        Bad{"TabInTarget", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"RawUtf8InTarget", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"FragmentInTarget", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"RelativeTarget", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"AuthorityForm", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"OtherScheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"StarForGet", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"Connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        Bad{"UnknownMethod", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        Bad{"LowerCaseMethod", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        Bad{"LongMethod", std::string(40, 'A') + " / HTTP/1.1\r\n\r\n", 501},
        Bad{"Http2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        Bad{"Http12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        Bad{"Http09Shape", "GET /\r\n", 400}, Bad{"VersionWord", "GET / HTTPS/1.1\r\n", 400},
        Bad{"VersionTail", "GET / HTTP/1.11\r\nHost: a\r\n\r\n", 400},
        Bad{"TwoSpaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"LeadingSpace", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Bad{"TlsHello", std::string("\x16\x03\x01\x02\x00\x01", 6), 400},
        Bad{"Expectation", with("Expect: something\r\n"), 417}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(RequestHead, LimitsHaveTheirOwnStatus) {
  const HeadLimits limits{1024, 4, 100};
  const std::string long_target = "GET /" + std::string(120, 'a');
  EXPECT_EQ(judge(long_target, limits).status, 414);
  EXPECT_EQ(judge(long_target + " HTTP/1.1\r\nHost: a\r\n\r\n", limits).status, 414);
  const std::string endless = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1100, 'a');
  EXPECT_EQ(judge(endless, limits).status, 431);
  EXPECT_EQ(
      judge("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n\r\n", limits).status,
      431);
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n", limits).state,
            HeadState::complete);
}

TEST(RequestHead, AnAbsoluteFormLosesItsAuthority) {
  const auto verdict = judge("GET http://a.test:80/a?b HTTP/1.1\r\nHost: A.test\r\n\r\n");
  ASSERT_EQ(verdict.state, HeadState::complete);
  EXPECT_EQ(verdict.head.path, "/a");
  EXPECT_EQ(verdict.head.query, "b");
  EXPECT_EQ(judge("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").head.path, "/");
  EXPECT_EQ(judge("GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n").status, 400);
  EXPECT_EQ(judge("GET https://a/ HTTP/1.1\r\nHost: a:443\r\n\r\n").head.path, "/");
  EXPECT_EQ(judge("GET http://a/ HTTP/1.0\r\n\r\n").head.path, "/");
}

// RFC 9112 3.2.2: one of them would be believed here, and perhaps the other by an application.
TEST(RequestHead, AnAbsoluteFormForAnotherHostIsRefused) {
  for (const auto* authority : {"other.test", "a:8080", "a:443", "a@b", "a.", "user@a"})
    EXPECT_EQ(
        judge(std::string("GET http://") + authority + "/ HTTP/1.1\r\nHost: a\r\n\r\n").status, 400)
        << authority;
}

TEST(RequestHead, KeepAliveFollowsVersionAndConnection) {
  EXPECT_TRUE(judge("GET / HTTP/1.1\r\nHost: a\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(judge("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(judge("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(judge("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
}

TEST(RequestHead, LongValuesOfAnyKindAreSeenWhole) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string value = std::string(size + 1, 'v') + "\t\xe4" + std::string(size, 'w');
    const std::string text = with("X: " + value + "\r\n");
    const auto verdict = judge(text);
    ASSERT_EQ(verdict.state, HeadState::complete) << size;
    EXPECT_EQ(verdict.head.headers[1].value, value);
    EXPECT_EQ(judge(with("X: " + std::string(size, 'v') + "\x01" + "abcdefgh\r\n")).status, 400);
    EXPECT_EQ(judge(with("X: " + std::string(size, 'v') + "\x7f" + "abcdefgh\r\n")).status, 400);
  }
}

TEST(RequestHead, AControlCharacterIsSeenAtEveryPlaceOfAValue) {
  for (std::size_t size = 1; size <= 40; ++size)
    for (std::size_t place = 0; place < size; ++place)
      for (const char control : {'\0', '\x1F', '\n', '\x7F'}) {
        std::string value(size, 'v');
        value[place] = control;
        const auto verdict = judge(with("X: " + value + "\r\n"));
        EXPECT_EQ(verdict.status, 400) << size << " characters, wrong at " << place;
        // The bytes behind it may still be on their way.
        EXPECT_EQ(judge("GET / HTTP/1.1\r\nX: " + value).status, 400) << size << ", " << place;
      }
}

}  // namespace
}  // namespace http
