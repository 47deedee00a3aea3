#include "features/billing/billing_options.hpp"

#include <gtest/gtest.h>

namespace billing {
namespace {

BillingOptions good() {
  BillingOptions options;
  options.listen = "127.0.0.1:8080";
  options.webhook_secrets = {"whsec_test_1"};
  options.packs = {{.sku = "hours-5", .hours = 5, .price = {2500, "usd"}, .expires_days = 0}};
  return options;
}

TEST(IsLoopback, NamesOnlyThisMachine) {
  for (const char* text : {"127.0.0.1:8080", "127.9.9.9", "localhost:1", "http://localhost",
                           "http://127.0.0.1:8080/x", "[::1]:80", "::1", "https://[::1]/"})
    EXPECT_TRUE(is_loopback(text)) << text;
  for (const char* text :
       {"", "0.0.0.0:8080", "[::]:8080", "192.168.1.4:80", "https://redline.example",
        "127.0.0.1.evil.com", "127.evil.com", "http://localhost.evil.com",
        "http://localhost@evil.com", "http://127.0.0.1@evil.com/", "evil.com/127.0.0.1", "[::2]",
        "::2", "::"})
    EXPECT_FALSE(is_loopback(text)) << text;
}

TEST(CheckTestMode, RefusesALiveKeyAndAPublicAddress) {
  EXPECT_TRUE(check_test_mode(good()));
  for (const char* key : {"sk_live_abc", "rk_live_abc"}) {
    auto options = good();
    options.secret_key = key;
    const auto refused = check_test_mode(options);
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(refused.error().message.find("live_abc"), std::string::npos);
  }
  auto test_key = good();
  test_key.secret_key = "sk_test_abc";
  EXPECT_TRUE(check_test_mode(test_key));
  auto listening = good();
  listening.listen = "0.0.0.0:8080";
  EXPECT_FALSE(check_test_mode(listening));
  auto published = good();
  published.public_url = "https://redline.example";
  EXPECT_FALSE(check_test_mode(published));
  published.mode = PaymentMode::stripe;
  EXPECT_TRUE(check_test_mode(published));
}

std::string mistakes_of(const BillingOptions& options) {
  const auto checked = check_options(options);
  return checked ? "" : checked.error().message;
}

// D24, D25: prices came from two places, as floating-point numbers, unvalidated.
TEST(CheckOptions, NamesEveryMistake) {
  EXPECT_EQ(mistakes_of(good()), "");
  auto options = good();
  options.webhook_secrets = {" "};
  options.packs.push_back({.sku = "hours-5", .hours = 0, .price = {0, "USD"}, .expires_days = -1});
  const auto mistakes = mistakes_of(options);
  for (const char* word : {"twice", "hours", "price", "currency", "expires_days", "blank"})
    EXPECT_NE(mistakes.find(word), std::string::npos) << word;
  options = good();
  options.webhook_secrets.clear();
  EXPECT_NE(mistakes_of(options), "");
}

TEST(PaymentMode, IsTestPageOrStripe) {
  EXPECT_EQ(parse_payment_mode("test-page"), PaymentMode::test_page);
  EXPECT_EQ(parse_payment_mode("stripe"), PaymentMode::stripe);
  EXPECT_FALSE(parse_payment_mode("live"));
}

}  // namespace
}  // namespace billing
