#include <gtest/gtest.h>

#include "http/trusted_proxies.hpp"

namespace http {
namespace {

struct Client {
  std::string address;
  bool secure;
};

Client resolve(const std::vector<std::string>& trusted, std::string_view peer,
               const std::vector<HeaderView>& headers) {
  const auto proxies = TrustedProxies::parse(trusted);
  EXPECT_TRUE(proxies.has_value());
  Request request;
  request.peer_address = peer;
  request.headers = headers;
  proxies->apply(request);
  return {std::string(request.peer_address), request.secure};
}

TEST(TrustedProxies, AStrangerCannotNameItsOwnAddress) {
  const std::vector<HeaderView> forged{{"X-Forwarded-For", "1.2.3.4"},
                                       {"X-Forwarded-Proto", "https"}};
  EXPECT_EQ(resolve({}, "9.9.9.9", forged).address, "9.9.9.9");
  EXPECT_EQ(resolve({"10.0.0.0/8"}, "9.9.9.9", forged).address, "9.9.9.9");
  EXPECT_FALSE(resolve({"10.0.0.0/8"}, "9.9.9.9", forged).secure);
}

TEST(TrustedProxies, TheRightmostUntrustedAddressIsTheClient) {
  const std::vector<HeaderView> headers{{"x-forwarded-for", "6.6.6.6, 7.7.7.7, 10.0.0.2"},
                                        {"x-forwarded-proto", "http, https"}};
  const auto client = resolve({"10.0.0.0/8"}, "10.1.2.3", headers);
  EXPECT_EQ(client.address, "7.7.7.7");
  EXPECT_TRUE(client.secure);
}

TEST(TrustedProxies, SeveralHeadersAreOneListAndTheLastCountsFirst) {
  const std::vector<HeaderView> headers{{"X-Forwarded-For", "6.6.6.6"},
                                        {"X-Forwarded-For", "5.5.5.5"}};
  EXPECT_EQ(resolve({"127.0.0.1"}, "127.0.0.1", headers).address, "5.5.5.5");
}

TEST(TrustedProxies, JunkEndsTheWalkAtTheLastKnownHop) {
  const std::vector<HeaderView> headers{{"X-Forwarded-For", "6.6.6.6, unknown, 10.0.0.9"}};
  EXPECT_EQ(resolve({"10.0.0.0/8"}, "10.1.2.3", headers).address, "10.0.0.9");
}

TEST(TrustedProxies, PortsAndBracketsAreTakenOff) {
  const auto of = [](std::string_view hop) {
    return resolve({"::1"}, "::1", {{"X-Forwarded-For", hop}}).address;
  };
  EXPECT_EQ(of("203.0.113.7:4711"), "203.0.113.7");
  EXPECT_EQ(of("[2001:db8::1]:4711"), "2001:db8::1");
  EXPECT_EQ(of("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(of("["), "::1");
}

TEST(TrustedProxies, RangesAreExact) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/9", "2001:db8::/33"});
  ASSERT_TRUE(proxies);
  EXPECT_TRUE(proxies->trusts("10.127.255.255"));
  EXPECT_FALSE(proxies->trusts("10.128.0.0"));
  EXPECT_TRUE(proxies->trusts("2001:db8:7fff::1"));
  EXPECT_FALSE(proxies->trusts("2001:db8:8000::1"));
}

TEST(TrustedProxies, WhatIsNoAddressIsNamed) {
  for (const std::string bad :
       {"10.0.0.0/33", "10.0.0/8", "nginx", "::1/129", "10.0.0.0/", "1.2.3.4/x"})
    EXPECT_FALSE(TrustedProxies::parse({bad}).has_value()) << bad;
}

}  // namespace
}  // namespace http
