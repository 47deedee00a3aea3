// E-mail addresses, passwords and the pauses after failed sign-ins: rules without a store.
#include <gtest/gtest.h>

#include "features/identity/email.hpp"
#include "features/identity/login_throttle.hpp"
#include "features/identity/password_rules.hpp"

namespace identity {
namespace {

using std::chrono::seconds;
const base::Instant kNow = base::from_micros(1'795'341'600'000'000);

TEST(Email, IsTrimmedAndItsDomainInLowerCase) {
  const auto email = parse_email(" \tAda.Lovelace+x@Example.COM\n");
  ASSERT_TRUE(email);
  EXPECT_EQ(email->shown, "Ada.Lovelace+x@example.com");
  EXPECT_EQ(email->folded, "ada.lovelace+x@example.com");
}

TEST(Email, WhatIsNoAddressIsRefused) {
  for (const std::string text : {"",
                                 "ada",
                                 "@example.com",
                                 "ada@",
                                 "ada@localhost",
                                 "ada@@example.com",
                                 "a b@example.com",
                                 "ada@exa mple.com",
                                 ".ada@example.com",
                                 "ada.@example.com",
                                 "a..da@example.com",
                                 "ada@-example.com",
                                 "ada@example-.com",
                                 "ada@example..com",
                                 "ada@.com",
                                 "ada@example.com.",
                                 "\"ada\"@example.com",
                                 "ada@[127.0.0.1]",
                                 "\xc3\xa4@example.com",
                                 "ada@example.com\r\nBcc: x",
                                 "ada<script>@example.com"})
    EXPECT_FALSE(parse_email(text)) << text;
  EXPECT_FALSE(parse_email(std::string(65, 'a') + "@example.com"));
  EXPECT_FALSE(parse_email("ada@" + std::string(64, 'a') + ".com"));
  EXPECT_FALSE(parse_email(std::string("ada\0@example.com", 16)));
}

TEST(Password, NeedsTenCharactersAndNothingElse) {
  EXPECT_TRUE(password_fault("nine char"));
  EXPECT_FALSE(password_fault("ten chars!"));
  EXPECT_FALSE(password_fault("          x"));
  // Characters, not bytes: nine of two bytes are too few, ten are enough.
  std::string accents;
  for (int i = 0; i < 9; ++i) accents += "\xc3\xa9";
  EXPECT_TRUE(password_fault(accents));
  EXPECT_FALSE(password_fault(accents + "\xc3\xa9"));
  EXPECT_TRUE(password_fault(std::string(1'025, 'x')));
}

TEST(Password, TheWorstOnesAreRefusedHoweverTheyAreWritten) {
  for (const std::string worst : {"1234567890", "password123", "PassWord123", "qwertyuiop"})
    EXPECT_TRUE(password_fault(worst)) << worst;
}

TEST(LoginThrottle, FiveTriesAreFreeThenThePauseDoubles) {
  LoginThrottle throttle;
  auto now = kNow;
  for (int i = 0; i < LoginThrottle::kFreeTries; ++i) EXPECT_FALSE(throttle.admit("a", now));
  for (const int pause : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}) {
    EXPECT_EQ(throttle.admit("a", now), seconds{pause});
    EXPECT_EQ(throttle.admit("a", now + seconds{pause} - base::Micros{1}), seconds{1});
    now += seconds{pause};
    EXPECT_FALSE(throttle.admit("a", now));
  }
}

TEST(LoginThrottle, OtherKeysAreNotTouched) {
  LoginThrottle throttle;
  for (int i = 0; i < 10; ++i) (void)throttle.admit("a", kNow);
  EXPECT_TRUE(throttle.admit("a", kNow));
  EXPECT_FALSE(throttle.admit("b", kNow));
}

TEST(LoginThrottle, AGoodSignInForgetsTheFailures) {
  LoginThrottle throttle;
  for (int i = 0; i < LoginThrottle::kFreeTries; ++i) (void)throttle.admit("a", kNow);
  throttle.succeeded("a");
  for (int i = 0; i < LoginThrottle::kFreeTries; ++i) EXPECT_FALSE(throttle.admit("a", kNow));
  EXPECT_TRUE(throttle.admit("a", kNow));
}

TEST(LoginThrottle, ATryThatWasNeverCheckedDoesNotCount) {
  LoginThrottle throttle;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(throttle.admit("a", kNow));
    throttle.withdraw("a");
  }
}

TEST(LoginThrottle, ForgetsTheOldestKeyWhenItIsFull) {
  LoginThrottle throttle(2);
  for (int i = 0; i < 6; ++i) (void)throttle.admit("a", kNow);
  (void)throttle.admit("b", kNow);
  EXPECT_TRUE(throttle.admit("a", kNow));  // looked at again: b is the oldest now
  (void)throttle.admit("c", kNow);
  EXPECT_TRUE(throttle.admit("a", kNow));
}

TEST(LoginThrottle, ForgetsAfterADay) {
  LoginThrottle throttle;
  for (int i = 0; i < 6; ++i) (void)throttle.admit("a", kNow);
  EXPECT_FALSE(throttle.admit("a", kNow + std::chrono::hours{25}));
  EXPECT_FALSE(throttle.admit("a", kNow + std::chrono::hours{25}));
}

}  // namespace
}  // namespace identity
