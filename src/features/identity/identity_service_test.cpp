// Accounts and sessions over the real store.
#include "features/identity/identity_service.hpp"

#include <gtest/gtest.h>

#include "features/identity/identity_fixture.hpp"
#include "features/identity/login_throttle.hpp"

namespace identity {
namespace {

using base::ErrorCode;
constexpr const char* kPassword = "a fine long password";

class IdentityServiceTest : public testing::Test, public IdentityFixture {
 protected:
  IdentityServiceTest() { open(); }
  std::int64_t count(const std::string& sql) {
    return base::block_on((*database).read_operator<std::int64_t>(
                              [&](sql::OperatorTx& tx) -> base::Result<std::int64_t> {
                                auto select = tx.prepare(sql);
                                return select.step() ? select.integer(0) : -1;
                              }))
        .value();
  }
  base::Result<SignedIn> renew(const std::string& token) {
    return base::block_on(service->refresh(token));
  }
  base::Result<void> leave(const http::Caller& caller, const std::string& bearer = "") {
    return base::block_on(service->logout(caller, bearer));
  }
};

TEST_F(IdentityServiceTest, RegisteringSignsInAndGrantsTheTrialOnce) {
  const auto made = sign_up(" Ada@Example.COM ");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->user.email, "Ada@example.com");
  EXPECT_EQ(made->account.plan, "free");
  EXPECT_EQ(made->expires_in, std::chrono::seconds{900});
  EXPECT_EQ(trials, std::vector{made->account.id});
  EXPECT_EQ(ask_bearer(made->access_token)->account, made->account.id);
  EXPECT_EQ(ask_cookie(made->session_token)->user, made->user.id);
}

// D26: two registrations at one moment overwrote each other.
TEST_F(IdentityServiceTest, OneEmailIsOneAccountHoweverItIsWritten) {
  ASSERT_TRUE(sign_up());
  for (const std::string email : {"ada@example.com", "ADA@example.com", " ada@EXAMPLE.com "}) {
    const auto again = sign_up(email);
    ASSERT_FALSE(again) << email;
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
    EXPECT_EQ(again.error().reason, "conflict");
  }
  EXPECT_EQ(trials.size(), 1U);
  EXPECT_EQ(count("SELECT COUNT(*) FROM users"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM accounts"), 1);
}

// The address is unique in the store itself: a restart, or a second process, changes nothing.
TEST_F(IdentityServiceTest, AnEmailStaysTakenAfterARestart) {
  ASSERT_TRUE(sign_up());
  service.reset();
  database.reopen();
  open();
  EXPECT_EQ(sign_up().error().code, ErrorCode::conflict);
}

TEST_F(IdentityServiceTest, AFailedTrialLeavesNoAccountBehind) {
  hooks.account_created = [](sql::OperatorTx&, base::AccountId, base::Instant) {
    return base::Result<void>(base::fail_internal("no ledger"));
  };
  open();
  EXPECT_EQ(sign_up().error().code, ErrorCode::internal);
  EXPECT_EQ(count("SELECT COUNT(*) FROM users"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM accounts"), 0);
}

TEST_F(IdentityServiceTest, WeakPasswordsAndBadAddressesAreNamed) {
  const auto weak =
      base::block_on(service->register_account({.email = "a@example.com", .password = "short"}));
  EXPECT_EQ(weak.error().fields.at(0).name, "password");
  const auto bad =
      base::block_on(service->register_account({.email = "nobody", .password = kPassword}));
  EXPECT_EQ(bad.error().fields.at(0).name, "email");
}

TEST_F(IdentityServiceTest, WrongPasswordAndUnknownAccountGetOneAnswer) {
  ASSERT_TRUE(sign_up());
  const auto wrong = sign_in("not the password");
  const auto unknown = sign_in(kPassword, "192.0.2.7", "nobody@example.com");
  ASSERT_FALSE(wrong || unknown);
  EXPECT_EQ(wrong.error().code, ErrorCode::unauthenticated);
  EXPECT_EQ(wrong.error().reason, unknown.error().reason);
  EXPECT_EQ(wrong.error().message, unknown.error().message);
  EXPECT_TRUE(sign_in(kPassword));
}

TEST_F(IdentityServiceTest, FailedSignInsMakeOneAddressWait) {
  ASSERT_TRUE(sign_up());
  for (int i = 0; i < LoginThrottle::kFreeTries; ++i)
    EXPECT_EQ(sign_in("not the password").error().code, ErrorCode::unauthenticated);
  const auto blocked = sign_in(kPassword);
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().reason, "rate_limited");
  EXPECT_EQ(blocked.error().members.at(0).name, "retry_after_seconds");
  EXPECT_EQ(blocked.error().members.at(0).json, "1");
  EXPECT_TRUE(sign_in(kPassword, "198.51.100.9")) << "the owner elsewhere";
  clock.advance(std::chrono::seconds{1});
  EXPECT_TRUE(sign_in(kPassword));
}

TEST_F(IdentityServiceTest, AFullPasswordQueueIsRefusedAndCountsAsNoTry) {
  ASSERT_TRUE(sign_up());
  options.password_cost.max_queue = 0;
  open();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sign_in(kPassword).error().code, ErrorCode::overloaded);
}

// D42: keys stood in plain text everywhere.
TEST_F(IdentityServiceTest, NoSecretIsStored) {
  const auto made = sign_up();
  ASSERT_TRUE(made);
  for (const auto& secret : {made->session_token, made->refresh_token, std::string(kPassword)}) {
    EXPECT_EQ(count("SELECT COUNT(*) FROM sessions WHERE token_hash = '" + secret + "'"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM refresh_tokens WHERE token_hash = '" + secret + "'"), 0);
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM users WHERE password_hash LIKE '$argon2id$%'"), 1);
}

TEST_F(IdentityServiceTest, SigningOutEndsCookieRefreshAndAccessTokensAtOnce) {
  const auto made = sign_up();
  const auto other = sign_in(kPassword);
  const auto caller = ask_cookie(made->session_token);
  ASSERT_TRUE(caller && ask_bearer(made->access_token));
  ASSERT_TRUE(leave(*caller));
  EXPECT_EQ(ask_cookie(made->session_token).error().reason, "token_invalid");
  EXPECT_EQ(ask_bearer(made->access_token).error().reason, "token_invalid");
  EXPECT_EQ(renew(made->refresh_token).error().reason, "token_invalid");
  EXPECT_TRUE(ask_cookie(other->session_token)) << "another session of the same user";
}

TEST_F(IdentityServiceTest, ASessionEndsAtItsTime) {
  const auto made = sign_up();
  ASSERT_TRUE(ask_cookie(made->session_token));
  clock.advance(options.session_ttl - std::chrono::seconds{1});
  EXPECT_TRUE(ask_cookie(made->session_token));
  clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(ask_cookie(made->session_token).error().reason, "token_expired");
  EXPECT_EQ(renew(made->refresh_token).error().reason, "token_expired");
  EXPECT_GT(base::block_on(service->remove_expired()).value(), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM sessions"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM refresh_tokens"), 0);
}

TEST_F(IdentityServiceTest, AnAccessTokenLivesFifteenMinutesAndIsRenewed) {
  const auto made = sign_up();
  clock.advance(std::chrono::minutes{15});
  EXPECT_EQ(ask_bearer(made->access_token).error().reason, "token_expired");
  const auto renewed = renew(made->refresh_token);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->account.id, made->account.id);
  EXPECT_NE(renewed->refresh_token, made->refresh_token);
  EXPECT_TRUE(renewed->session_token.empty());
  EXPECT_TRUE(ask_bearer(renewed->access_token));
}

TEST_F(IdentityServiceTest, ARefreshTokenUsedTwiceEndsItsSession) {
  const auto made = sign_up();
  const auto renewed = renew(made->refresh_token);
  ASSERT_TRUE(ask_bearer(renewed->access_token));
  EXPECT_EQ(renew(made->refresh_token).error().reason, "token_invalid");
  EXPECT_FALSE(ask_bearer(renewed->access_token));
  EXPECT_FALSE(ask_cookie(made->session_token));
  EXPECT_FALSE(renew(renewed->refresh_token));
}

// D43: sign-ins broke between workers and restarts.
TEST_F(IdentityServiceTest, ARestartKeepsPeopleSignedIn) {
  const auto made = sign_up();
  open();
  EXPECT_TRUE(ask_cookie(made->session_token));
  EXPECT_TRUE(ask_bearer(made->access_token));
  EXPECT_TRUE(renew(made->refresh_token));
}

// D39: one user saw what another had.
TEST_F(IdentityServiceTest, TwoUsersNeverShareAnAccount) {
  const auto ada = sign_up();
  const auto bob = sign_up("bob@example.com");
  EXPECT_NE(ada->account.id, bob->account.id);
  auto forged = ask_bearer(ada->access_token).value();
  forged.account = bob->account.id;
  EXPECT_EQ(base::block_on(service->session(forged)).error().code, ErrorCode::forbidden);
}

TEST_F(IdentityServiceTest, AnOperatorIsMadeByCommandWithAPasswordShownOnce) {
  const auto made = base::block_on(
      service->create_account({.email = "op@example.com", .password = {}, .is_operator = true}));
  ASSERT_TRUE(made);
  EXPECT_TRUE(trials.empty());
  const auto entered = sign_in(made->password, "192.0.2.7", "op@example.com");
  ASSERT_TRUE(entered);
  EXPECT_TRUE(ask_bearer(entered->access_token)->is_operator);
  EXPECT_EQ(base::block_on(service->create_account(
                               {.email = "OP@example.com", .password = {}, .is_operator = true}))
                .error()
                .code,
            ErrorCode::conflict);
}

TEST_F(IdentityServiceTest, ResettingAnAccountEndsItsSessions) {
  const auto made = sign_up();
  ASSERT_TRUE(ask_cookie(made->session_token));
  const auto reset = base::block_on(
      service->create_or_reset({.email = "ada@example.com", .password = {}, .is_operator = true}));
  ASSERT_TRUE(reset);
  EXPECT_EQ(reset->account, made->account.id);
  EXPECT_FALSE(ask_cookie(made->session_token));
  EXPECT_FALSE(ask_bearer(made->access_token));
  EXPECT_FALSE(sign_in(kPassword));
  EXPECT_TRUE(ask_bearer(sign_in(reset->password)->access_token)->is_operator);
}

TEST_F(IdentityServiceTest, AnIssuedTokenActsForItsAccountUntilItsTime) {
  const auto made = sign_up();
  const auto token =
      base::block_on(service->issue_token(made->account.id, std::chrono::seconds{60}));
  ASSERT_TRUE(token);
  const auto caller = ask_bearer(*token);
  EXPECT_EQ(caller->account, made->account.id);
  ASSERT_TRUE(leave(*caller));
  EXPECT_FALSE(ask_bearer(*token));
  const auto nobody = base::AccountId::make(clock.now(), random);
  EXPECT_EQ(base::block_on(service->issue_token(nobody, std::chrono::seconds{60})).error().code,
            ErrorCode::not_found);
  for (const std::int64_t ttl : {0, -1, 40'000'000})
    EXPECT_EQ(base::block_on(service->issue_token(made->account.id, std::chrono::seconds{ttl}))
                  .error()
                  .code,
              ErrorCode::invalid);
}

TEST_F(IdentityServiceTest, LocalAccountsCanBeSwitchedOff) {
  options.local_accounts = false;
  open();
  EXPECT_EQ(sign_up().error().code, ErrorCode::forbidden);
  EXPECT_EQ(sign_in(kPassword).error().code, ErrorCode::forbidden);
}

}  // namespace
}  // namespace identity
