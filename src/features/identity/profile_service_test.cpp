// Mail, sessions, second factor and leaving, against the real store.
#include "features/identity/profile_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/identity/identity_fixture.hpp"
#include "features/identity/totp.hpp"

namespace identity {
namespace {

constexpr const char* kOldPassword = "a fine long password";
constexpr const char* kNewPassword = "another fine password";

class Profile : public testing::Test, public IdentityFixture {
 protected:
  Profile() {
    hooks.queue_mail = [this](sql::OperatorTx&, const Letter& letter, base::Instant) {
      letters_.push_back(letter);
    };
    hooks.account_forgotten = [this](sql::OperatorTx&, base::AccountId account) {
      forgotten_.push_back(account);
    };
    hooks.account_emptied = [this](base::AccountId account) { emptied_.push_back(account); };
    open();
  }
  static Proof proof(const std::string& password = kOldPassword,
                     std::optional<std::string> code = std::nullopt) {
    return {.password = password, .code = std::move(code), .address = "192.0.2.7"};
  }
  // What follows "#<word>=" in the last letter to that address.
  std::string token_in(const std::string& word, const std::string& to = "ada@example.com") const {
    for (auto letter = letters_.rbegin(); letter != letters_.rend(); ++letter) {
      if (letter->to != to) continue;
      const auto at = letter->text.find("#" + word + "=");
      if (at == std::string::npos) continue;
      const auto start = at + word.size() + 2;
      return letter->text.substr(start, letter->text.find('\n', start) - start);
    }
    return {};
  }
  std::string login_reason(const std::string& password,
                           std::optional<std::string> code = std::nullopt) const {
    const auto in = base::block_on(service->login({.email = "ada@example.com",
                                                   .password = password,
                                                   .code = std::move(code),
                                                   .visitor = {.address = "192.0.2.7"}}));
    return in ? "ok" : in.error().reason;
  }
  http::Caller caller_of(const SignedIn& made) const { return *ask_bearer(made.access_token); }
  // Base 32 back to bytes, written apart from the code under test.
  static std::string bytes_of_base32(const std::string& text) {
    std::string bytes;
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : text) {
      buffer = (buffer << 5U) | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
      if ((bits += 5) < 8) continue;
      bits -= 8;
      bytes += static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 255U);
    }
    return bytes;
  }
  std::string code_now(const std::string& secret) const {
    return totp_code(bytes_of_base32(secret), totp_step(clock.now()));
  }

  std::vector<Letter> letters_;
  std::vector<base::AccountId> forgotten_;
  std::vector<base::AccountId> emptied_;
};

TEST_F(Profile, AnAddressIsConfirmedByTheLinkAndTheLinkWorksOnce) {
  const auto made = sign_up();
  EXPECT_FALSE(made->user.email_verified);
  const auto token = token_in("verify");
  ASSERT_TRUE(base::block_on(service->recovery().verify_email(token)));
  EXPECT_TRUE(base::block_on(service->session(caller_of(*made)))->user.email_verified);
  EXPECT_EQ(base::block_on(service->recovery().verify_email(token)).error().reason, "token_used");
}

// Nobody learns whether an address has an account.
TEST_F(Profile, SigningUpWithAKnownAddressAnswersAlikeAndTellsItsOwner) {
  options.require_verified_email = true;
  open();
  const Credentials credentials{.email = "ada@example.com", .password = kOldPassword};
  const auto first = base::block_on(service->register_account(credentials));
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->has_value());
  EXPECT_EQ(login_reason(kOldPassword), "email_unverified");
  const auto again = base::block_on(service->register_account(credentials));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->has_value());
  EXPECT_EQ(letters_.back().subject, "You already have an account");
  EXPECT_EQ(trials.size(), 1U);
  ASSERT_TRUE(base::block_on(service->recovery().verify_email(token_in("verify"))));
  EXPECT_EQ(login_reason(kOldPassword), "ok");
}

TEST_F(Profile, AForgottenPasswordIsReplacedByMailAndEverySessionEnds) {
  const auto made = sign_up();
  ASSERT_TRUE(base::block_on(service->recovery().forgot_password(" ADA@example.com ")));
  const auto token = token_in("reset");
  ASSERT_TRUE(base::block_on(service->recovery().reset_password(token, kNewPassword)));
  EXPECT_FALSE(ask_bearer(made->access_token));
  EXPECT_FALSE(ask_cookie(made->session_token));
  EXPECT_EQ(login_reason(kOldPassword), "wrong_credentials");
  EXPECT_EQ(login_reason(kNewPassword), "ok");
  EXPECT_EQ(base::block_on(service->recovery().reset_password(token, kOldPassword)).error().reason,
            "token_used");
}

TEST_F(Profile, AskingForAStrangersPasswordLooksTheSameAndSendsNothing) {
  sign_up();
  const auto before = letters_.size();
  EXPECT_TRUE(base::block_on(service->recovery().forgot_password("nobody@example.com")));
  EXPECT_EQ(letters_.size(), before);
}

TEST_F(Profile, LinksAgeAndANewOneEndsTheOld) {
  sign_up();
  ASSERT_TRUE(base::block_on(service->recovery().forgot_password("ada@example.com")));
  const auto first = token_in("reset");
  ASSERT_TRUE(base::block_on(service->recovery().forgot_password("ada@example.com")));
  const auto second = token_in("reset");
  EXPECT_FALSE(base::block_on(service->recovery().reset_password(first, kNewPassword)));
  clock.advance(std::chrono::hours{1});
  EXPECT_FALSE(base::block_on(service->recovery().reset_password(second, kNewPassword)));
}

TEST_F(Profile, ANewPasswordNeedsTheOldOneAndEndsOtherSessions) {
  const auto made = sign_up();
  const auto other = sign_in(kOldPassword);
  const auto caller = caller_of(*made);
  EXPECT_EQ(base::block_on(
                service->profile().change_password(caller, proof("wrong password"), kNewPassword))
                .error()
                .reason,
            "wrong_credentials");
  ASSERT_TRUE(base::block_on(service->profile().change_password(caller, proof(), kNewPassword)));
  EXPECT_TRUE(ask_bearer(made->access_token));
  EXPECT_FALSE(ask_bearer(other->access_token));
  EXPECT_EQ(letters_.back().subject, "Your password was changed");
}

TEST_F(Profile, AnAddressChangesWhenTheNewOneIsConfirmedAndTheOldOneIsTold) {
  const auto made = sign_up();
  ASSERT_TRUE(base::block_on(
      service->profile().change_email(caller_of(*made), proof(), "new@example.com")));
  EXPECT_EQ(login_reason(kOldPassword), "ok");
  const auto token = token_in("email", "new@example.com");
  ASSERT_TRUE(base::block_on(service->recovery().confirm_email(token)));
  EXPECT_EQ(login_reason(kOldPassword), "wrong_credentials");
  EXPECT_EQ(letters_.back().to, "ada@example.com");
  EXPECT_TRUE(sign_in(kOldPassword, "192.0.2.8", "new@example.com"));
}

TEST_F(Profile, AnAddressThatIsTakenIsNotBetrayed) {
  const auto made = sign_up();
  sign_up("bob@example.com");
  ASSERT_TRUE(base::block_on(
      service->profile().change_email(caller_of(*made), proof(), "bob@example.com")));
  EXPECT_EQ(letters_.back().subject, "You already have an account");
  EXPECT_EQ(token_in("email", "bob@example.com"), "");
}

TEST_F(Profile, SessionsAreListedAndEndedAndNobodyElses) {
  const auto made = sign_up();
  const auto other = sign_in(kOldPassword);
  const auto stranger = sign_up("bob@example.com");
  const auto caller = caller_of(*made);
  const auto sessions = base::block_on(service->profile().sessions(caller));
  ASSERT_EQ(sessions->size(), 2U);
  EXPECT_EQ(sessions->at(0).address, "192.0.2.7");
  const auto theirs = caller_of(*stranger).session;
  EXPECT_EQ(base::block_on(service->profile().end_session(caller, theirs)).error().reason,
            "not_found");
  const auto id = caller_of(*other).session;
  ASSERT_TRUE(base::block_on(service->profile().end_session(caller, id)));
  EXPECT_FALSE(ask_bearer(other->access_token));
  ASSERT_TRUE(base::block_on(service->profile().end_all_sessions(caller)));
  EXPECT_FALSE(ask_bearer(made->access_token));
  EXPECT_TRUE(ask_bearer(stranger->access_token));
}

TEST_F(Profile, ASecondFactorIsAskedForAndACodeWorksOnce) {
  const auto made = sign_up();
  const auto caller = caller_of(*made);
  const auto factor = base::block_on(service->profile().start_factor(caller, proof()));
  ASSERT_TRUE(factor);
  // Not confirmed: not asked for.
  EXPECT_EQ(login_reason(kOldPassword), "ok");
  EXPECT_FALSE(base::block_on(service->profile().confirm_factor(caller, "000000")));
  const auto codes =
      base::block_on(service->profile().confirm_factor(caller, code_now(factor->secret)));
  ASSERT_TRUE(codes);
  ASSERT_EQ(codes->size(), 10U);
  EXPECT_EQ(login_reason(kOldPassword), "second_factor_required");
  EXPECT_EQ(login_reason("wrong password"), "wrong_credentials");
  // The code that confirmed is spent.
  EXPECT_EQ(login_reason(kOldPassword, code_now(factor->secret)), "second_factor_wrong");
  clock.advance(std::chrono::seconds{30});
  const auto code = code_now(factor->secret);
  EXPECT_EQ(login_reason(kOldPassword, code), "ok");
  EXPECT_EQ(login_reason(kOldPassword, code), "second_factor_wrong");
  EXPECT_EQ(login_reason(kOldPassword, codes->at(3)), "ok");
  EXPECT_EQ(login_reason(kOldPassword, codes->at(3)), "second_factor_wrong");
  clock.advance(std::chrono::seconds{30});
  ASSERT_TRUE(base::block_on(
      service->profile().stop_factor(caller, proof(kOldPassword, code_now(factor->secret)))));
  EXPECT_EQ(login_reason(kOldPassword), "ok");
}

TEST_F(Profile, GuessingCodesIsPausedLikeGuessingPasswords) {
  const auto made = sign_up();
  const auto caller = caller_of(*made);
  const auto factor = base::block_on(service->profile().start_factor(caller, proof()));
  ASSERT_TRUE(base::block_on(service->profile().confirm_factor(caller, code_now(factor->secret))));
  for (int i = 0; i < LoginThrottle::kFreeTries; ++i)
    EXPECT_EQ(login_reason(kOldPassword, "000000"), "second_factor_wrong");
  EXPECT_EQ(login_reason(kOldPassword, "000000"), "rate_limited");
}

TEST_F(Profile, AnAccountTriedFromManyAddressesIsPausedToo) {
  sign_up();
  std::string last;
  for (int i = 0; i < 105; ++i) {
    const auto in = sign_in("wrong password", "192.0.2." + std::to_string(i));
    last = in.error().reason;
  }
  EXPECT_EQ(last, "rate_limited");
}

// Equal time by construction: with no room for argon2id, neither is answered without it.
TEST_F(Profile, AnUnknownAddressCostsThePasswordCheckThatAKnownOneCosts) {
  sign_up();
  options.password_cost.max_queue = 0;
  open();
  EXPECT_EQ(sign_in(kOldPassword).error().reason, "overloaded");
  EXPECT_EQ(sign_in(kOldPassword, "192.0.2.7", "nobody@example.com").error().reason, "overloaded");
}

// D39, D42: what is stored leads to nobody once the person has left.
TEST_F(Profile, WhoLeavesIsForgottenAndGetsNoSecondTrial) {
  const auto made = sign_up();
  const auto account = made->account.id;
  const auto caller = caller_of(*made);
  EXPECT_FALSE(base::block_on(service->profile().delete_user(caller, proof("wrong password"))));
  ASSERT_TRUE(base::block_on(service->profile().delete_user(caller, proof())));
  EXPECT_EQ(forgotten_, std::vector{account});
  EXPECT_EQ(emptied_, std::vector{account});
  EXPECT_FALSE(ask_bearer(made->access_token));
  EXPECT_FALSE(ask_cookie(made->session_token));
  EXPECT_EQ(login_reason(kOldPassword), "wrong_credentials");
  const auto left = base::block_on((*database).read_operator<std::int64_t>(
      [](sql::OperatorTx& tx) -> base::Result<std::int64_t> {
        auto rows = tx.prepare(
            "SELECT count(*) FROM users WHERE email <> '' OR email_folded IS NOT NULL"
            " OR password_hash IS NOT NULL OR external_id IS NOT NULL");
        rows.step();
        return rows.integer(0);
      }));
  EXPECT_EQ(left, 0);
  ASSERT_EQ(trials.size(), 1U);
  EXPECT_TRUE(sign_up());
  EXPECT_EQ(trials.size(), 1U);
}

}  // namespace
}  // namespace identity
