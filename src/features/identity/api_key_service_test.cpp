#include "features/identity/api_key_service.hpp"

#include <gtest/gtest.h>

#include "features/identity/identity_fixture.hpp"

namespace identity {
namespace {

using http::Scope;
using http::Scopes;
using std::chrono::hours;
using std::chrono::seconds;

class Keys : public testing::Test, public IdentityFixture {
 protected:
  Keys() {
    open();
    made_ = *sign_up();
    caller_ = *ask_bearer(made_.access_token);
  }
  base::Result<MadeKey> make(Scopes scopes, std::optional<base::Instant> end = {}) const {
    return base::block_on(
        service->keys().make(caller_, {.name = "ci", .scopes = scopes, .expires_at = end}));
  }
  ApiKey only_key() const {
    return base::block_on(service->keys().list(caller_.account, {}, 50))->at(0);
  }

  SignedIn made_;
  http::Caller caller_;
};

TEST_F(Keys, AKeyGetsInWithItsScopesAndNothingElse) {
  const auto key = make({Scope::data_read, Scope::query});
  ASSERT_TRUE(key);
  const auto caller = ask_bearer(key->secret);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->credential, http::Credential::api_key);
  EXPECT_EQ(caller->account, caller_.account);
  EXPECT_EQ(caller->key, key->key.id);
  EXPECT_TRUE(caller->scopes.has(Scope::data_read));
  EXPECT_FALSE(caller->scopes.has(Scope::data_write));
  EXPECT_FALSE(caller->scopes.has(Scope::own));
}

// D42: keys were stored in plaintext everywhere.
TEST_F(Keys, TheStoreHoldsNoSecret) {
  const auto key = make({Scope::data_read});
  const auto row = base::block_on(
      (*database).read_operator<std::string>([](sql::OperatorTx& tx) -> base::Result<std::string> {
        auto select = tx.prepare("SELECT secret_hash || name || hint FROM api_keys");
        select.step();
        return std::string(select.text(0));
      }));
  EXPECT_EQ(row->find(key->secret.substr(13)), std::string::npos);
}

TEST_F(Keys, NobodyMakesAKeyThatMayDoMoreThanHeMay) {
  EXPECT_EQ(make({Scope::operator_finance}).error().code, base::ErrorCode::forbidden);
}

TEST_F(Keys, AKeyLosesWhatItsMakerLoses) {
  const auto key = make({Scope::data_read, Scope::billing_read});
  ASSERT_TRUE(ask_bearer(key->secret));
  const auto changed = base::block_on(
      (*database).write_operator<bool>([](sql::OperatorTx& tx) -> base::Result<bool> {
        return tx.prepare("UPDATE memberships SET role = 'billing'").run() == 1;
      }));
  ASSERT_TRUE(changed);
  clock.advance(options.cache_ttl);
  const auto caller = ask_bearer(key->secret);
  ASSERT_TRUE(caller);
  EXPECT_FALSE(caller->scopes.has(Scope::data_read));
  EXPECT_TRUE(caller->scopes.has(Scope::billing_read));
}

// D22: expiry was stored and never looked at.
TEST_F(Keys, AKeyEndsWhenItSaysAndWhenItIsDeleted) {
  const auto short_lived = make({Scope::data_read}, clock.now() + seconds{10});
  ASSERT_TRUE(ask_bearer(short_lived->secret));
  clock.advance(seconds{10});
  EXPECT_EQ(ask_bearer(short_lived->secret).error().reason, "token_expired");
  const auto key = make({Scope::data_read});
  ASSERT_TRUE(ask_bearer(key->secret));
  ASSERT_TRUE(base::block_on(service->keys().remove(caller_, key->key.id)));
  EXPECT_EQ(ask_bearer(key->secret).error().reason, "token_invalid");
}

TEST_F(Keys, ARotatedKeyWorksBesideItsSuccessorForAWhile) {
  const auto old = make({Scope::data_read});
  ASSERT_TRUE(ask_bearer(old->secret));
  const auto fresh = base::block_on(service->keys().rotate(caller_, old->key.id, hours{1}));
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->key.scopes, old->key.scopes);
  EXPECT_TRUE(ask_bearer(old->secret));
  EXPECT_TRUE(ask_bearer(fresh->secret));
  EXPECT_FALSE(base::block_on(service->keys().rotate(caller_, old->key.id, hours{1})));
  clock.advance(hours{1});
  EXPECT_FALSE(ask_bearer(old->secret));
  EXPECT_TRUE(ask_bearer(fresh->secret));
}

TEST_F(Keys, AKeyOfAnotherAccountIsNotThere) {
  const auto key = make({Scope::data_read});
  const auto stranger = *ask_bearer(sign_up("bob@example.com")->access_token);
  EXPECT_EQ(base::block_on(service->keys().remove(stranger, key->key.id)).error().reason,
            "not_found");
  EXPECT_EQ(base::block_on(service->keys().rotate(stranger, key->key.id, hours{1})).error().reason,
            "not_found");
  EXPECT_TRUE(base::block_on(service->keys().list(stranger.account, {}, 50))->empty());
}

TEST_F(Keys, WhenAKeyWasLastUsedIsKnown) {
  const auto key = make({Scope::data_read});
  EXPECT_FALSE(only_key().last_used_at);
  clock.advance(seconds{5});
  ASSERT_TRUE(ask_bearer(key->secret));
  ASSERT_TRUE(base::block_on(service->remove_expired()));
  EXPECT_EQ(only_key().last_used_at, clock.now());
}

TEST_F(Keys, WhatIsShapedLikeAKeyAndIsNoneIsRefused) {
  for (const std::string text :
       {"rl_live_", "rl_live_x", "rl_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    EXPECT_EQ(ask_bearer(text).error().reason, "token_invalid") << text;
}

}  // namespace
}  // namespace identity
