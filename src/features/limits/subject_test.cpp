#include "features/limits/subject.hpp"

#include <gtest/gtest.h>

namespace limits {
namespace {

Subject work(std::string_view address) { return address_subject(Scope::work, address); }

// D28: behind a proxy everybody shared one bucket, and IPv6 gives one customer 2^64 addresses.
TEST(AddressSubject, AnIpv6LineIsOneSubjectAndItsNeighbourAnother) {
  EXPECT_EQ(work("2001:db8:1:2::1"), work("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(work("2001:db8:1:2::1"), work("2001:db8:1:3::1"));
  EXPECT_EQ(work("fe80::1%eth0"), work("fe80::1"));
}

TEST(AddressSubject, AnIpv4AddressIsWholeAlsoWhenMapped) {
  EXPECT_EQ(work("192.0.2.7"), work("::ffff:192.0.2.7"));
  EXPECT_NE(work("192.0.2.7"), work("192.0.2.8"));
  EXPECT_NE(work("::ffff:192.0.2.7"), work("::ffff:192.0.2.8"));
}

TEST(AddressSubject, WhatIsNoAddressSharesOneBucket) {
  EXPECT_EQ(work(""), work("unknown"));
  EXPECT_EQ(work(""), work(std::string(500, '1')));
  EXPECT_NE(work(""), work("0.0.0.0"));
}

TEST(Subject, ScopesAndKindsKeepApart) {
  const base::AccountId account{base::IdBits{1, 2}};
  EXPECT_NE(account_subject(Scope::work, account), account_subject(Scope::guess, account));
  EXPECT_NE(work("192.0.2.7"), address_subject(Scope::guess, "192.0.2.7"));
  EXPECT_NE(text_subject(Scope::guess, "a@example.com"),
            text_subject(Scope::guess, "b@example.com"));
  EXPECT_EQ(text_subject(Scope::guess, "a@example.com"),
            text_subject(Scope::guess, "a@example.com"));
  EXPECT_NE(account_subject(Scope::work, base::AccountId{}).tag, Subject{}.tag);
}

}  // namespace
}  // namespace limits
