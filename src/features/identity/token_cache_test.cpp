#include "features/identity/token_cache.hpp"

#include <gtest/gtest.h>

#include "features/identity/bench_token_cache.hpp"

namespace identity {
namespace {

using http::Credential;

class TokenCacheTest : public testing::Test {
 protected:
  void remember(const std::string& token, std::string_view session = "s", int lifetime_s = 60) {
    cache_.insert({.token = token}, cached(session, lifetime_s), cache_.epoch());
  }
  CachedCaller cached(std::string_view session, int lifetime_s = 60) {
    CachedCaller entry;
    entry.caller.credential = Credential::bearer;
    entry.caller.account = account_;
    entry.session_tag = cache_.tag_of(session);
    entry.expires_at = now_ + std::chrono::seconds{lifetime_s};
    return entry;
  }
  bool has(std::string_view token, Credential kind = Credential::bearer) const {
    http::Caller caller;
    return cache_.find({.token = token, .account = {}, .kind = kind}, now_, caller) &&
           caller.account == account_;
  }

  base::SeededRandom random_{7};
  TokenCache cache_{random_, 1'024};
  base::Instant now_ = base::from_micros(1'795'341'600'000'000);
  base::AccountId account_ = base::AccountId::make(now_, random_);
};

TEST_F(TokenCacheTest, TheWholeTokenIsTheKey) {
  const std::string token(300, 'x');
  remember(token);
  EXPECT_TRUE(has(token));
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto other = token;
    other[i] = 'y';
    EXPECT_FALSE(has(other)) << i;
  }
  EXPECT_FALSE(has(token + "x"));
  EXPECT_FALSE(has(token.substr(1)));
  EXPECT_FALSE(has(""));
}

TEST_F(TokenCacheTest, ACookiesTokenIsNoBearerToken) {
  remember("token");
  EXPECT_FALSE(has("token", Credential::cookie));
}

TEST_F(TokenCacheTest, AnEntryEndsWithItsToken) {
  remember("token", "s", 60);
  now_ += std::chrono::seconds{60} - base::Micros{1};
  EXPECT_TRUE(has("token"));
  now_ += base::Micros{1};
  EXPECT_FALSE(has("token"));
}

TEST_F(TokenCacheTest, ARevokedSessionTakesAllItsTokensAndNoOthers) {
  remember("one", "a");
  remember("two", "a");
  remember("three", "b");
  cache_.revoke_session(cache_.tag_of("a"));
  EXPECT_FALSE(has("one"));
  EXPECT_FALSE(has("two"));
  EXPECT_TRUE(has("three"));
}

TEST_F(TokenCacheTest, WhatWasReadBeforeARevocationIsNotRemembered) {
  const auto before = cache_.epoch();
  cache_.revoke_session(cache_.tag_of("a"));
  cache_.insert({.token = "one"}, cached("a"), before);
  EXPECT_FALSE(has("one"));
}

TEST_F(TokenCacheTest, AnAccountIsForgottenAsAWhole) {
  remember("one", "a");
  remember("two", "b");
  cache_.revoke_account(account_);
  EXPECT_FALSE(has("one") || has("two"));
}

TEST_F(TokenCacheTest, AFloodEvictsAndTheNewestStay) {
  for (int i = 0; i < 100'000; ++i) remember("token" + std::to_string(i));
  int present = 0;
  for (int i = 0; i < 100'000; ++i) present += has("token" + std::to_string(i)) ? 1 : 0;
  EXPECT_LE(present, 1'024);
  EXPECT_TRUE(has("token99999"));
}

TEST(TokenCacheBench, Runs) { EXPECT_GT(bench_token_cache(), 0.0); }

}  // namespace
}  // namespace identity
