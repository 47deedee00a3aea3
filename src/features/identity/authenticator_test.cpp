// From a request to a caller: which credentials count, what is cached, external users.
#include "features/identity/authenticator.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "features/identity/identity_fixture.hpp"

namespace identity {
namespace {

using base::ErrorCode;

std::string external_token(std::string_view name) {
  std::ifstream file(RL_SOURCE_DIR "/tests/data/identity/tokens.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto data = base::parse_json_object(text.str()).value();
  for (const auto& item : data.at("cases").as_array())
    if (item.at("name").as_string() == name) return std::string(item.at("token").as_string());
  return {};
}

class AuthenticatorTest : public testing::Test, public IdentityFixture {
 protected:
  AuthenticatorTest() { open(); }
  CacheState state_of(TestRequest& with) const {
    http::Caller caller;
    return service->authenticator().try_cached(with.request(), caller).state;
  }
  std::string access_ = "HS256 access token of the application";
};

TEST_F(AuthenticatorTest, ACredentialIsLookedUpOnceAndThenRemembered) {
  const auto made = sign_up();
  auto with = request();
  with.bearer(made->access_token);
  EXPECT_EQ(state_of(with), CacheState::miss);
  ASSERT_TRUE(ask(with));
  EXPECT_EQ(state_of(with), CacheState::hit);
  clock.advance(options.cache_ttl);
  auto later = request();
  later.bearer(made->access_token);
  EXPECT_EQ(state_of(later), CacheState::miss);
}

TEST_F(AuthenticatorTest, NoCredentialIsNobody) {
  auto bare = request();
  EXPECT_EQ(state_of(bare), CacheState::no_credential);
  EXPECT_EQ(ask(bare).error().reason, "unauthenticated");
  auto other = request();
  other.header("Cookie", "theme=dark; rl_session_old=x; rl_session=");
  EXPECT_EQ(state_of(other), CacheState::no_credential);
}

TEST_F(AuthenticatorTest, TheCookieIsFoundAmongOthers) {
  const auto made = sign_up();
  auto with = request();
  with.header("cookie", "a=b; rl_session=" + made->session_token + "; xrl_session=y");
  EXPECT_TRUE(ask(with));
}

TEST_F(AuthenticatorTest, TheSchemeIsReadWithoutCase) {
  const auto made = sign_up();
  auto with = request();
  with.header("AUTHORIZATION", "bEARER " + made->access_token);
  EXPECT_TRUE(ask(with));
}

TEST_F(AuthenticatorTest, DoubtfulCredentialsAreRefusedEvenWhenEachIsGood) {
  const auto made = sign_up();
  ASSERT_TRUE(ask_bearer(made->access_token));
  ASSERT_TRUE(ask_cookie(made->session_token));
  std::vector<TestRequest> doubtful;
  for (int i = 0; i < 9; ++i) doubtful.push_back(request());
  doubtful[0].bearer(made->access_token).cookie(made->session_token);
  doubtful[1].bearer(made->access_token).bearer(made->access_token);
  doubtful[2].cookie(made->session_token).cookie(made->session_token);
  doubtful[3].header("Authorization", "Basic YTpi");
  doubtful[4].header("Authorization", "Bearer ");
  doubtful[5].header("Authorization", made->access_token);
  doubtful[6].bearer(made->access_token + " x");
  doubtful[7].bearer(std::string(8'193, 'a'));
  for (int i = 0; i < 100; ++i) doubtful[8].bearer(made->access_token);
  for (std::size_t i = 0; i < doubtful.size(); ++i) {
    EXPECT_EQ(state_of(doubtful[i]), CacheState::refused) << i;
    EXPECT_EQ(ask(doubtful[i]).error().reason, "unauthenticated") << i;
  }
}

// D42: the key travelled in addresses, logs and Referer headers.
TEST_F(AuthenticatorTest, ACredentialInTheAddressIsRefused) {
  const auto made = sign_up();
  for (const std::string query :
       {"access_token=x", "a=1&token=x", "API_KEY=x", "jwt", "rl_session=x&b=2"}) {
    auto with = request();
    with.query(query).bearer(made->access_token);
    EXPECT_EQ(state_of(with), CacheState::refused) << query;
  }
  auto fine = request();
  fine.query("tokens=3&symbol=token").bearer(made->access_token);
  EXPECT_TRUE(ask(fine));
}

TEST_F(AuthenticatorTest, ACookiesTokenSentAsBearerIsNothing) {
  const auto made = sign_up();
  ASSERT_TRUE(ask_cookie(made->session_token));
  EXPECT_EQ(ask_bearer(made->session_token).error().reason, "token_invalid");
  EXPECT_EQ(ask_cookie(made->access_token).error().reason, "token_invalid");
  EXPECT_EQ(ask_cookie(made->refresh_token).error().reason, "token_invalid");
}

// D21: with the server of licences away, any text was a valid key.
TEST_F(AuthenticatorTest, WithoutAStoreNobodyNewComesIn) {
  const auto made = sign_up();
  auto with = request();
  with.bearer(made->access_token);
  service.reset();
  database.close();
  IdentityFixture empty;  // the same keys, a store that knows nobody
  empty.options.keys_folder = options.keys_folder;
  empty.open();
  EXPECT_FALSE(empty.ask(with));
}

TEST_F(AuthenticatorTest, UnsafeMethodsOfACookieNeedItsCsrfToken) {
  const auto made = sign_up();
  const auto other = sign_in("a fine long password");
  const auto& auth = service->authenticator();
  const auto caller = ask_cookie(made->session_token).value();
  const auto check = [&](http::Method method, const std::vector<std::string>& sent) {
    auto with = request(method);
    with.cookie(made->session_token);
    for (const auto& token : sent) with.header("x-csrf-token", token);
    const auto checked = auth.check_csrf(with.request(), caller);
    return checked ? std::string("ok") : checked.error().reason;
  };
  const auto good = IdentityService::csrf_token(made->session_token);
  for (const auto method :
       {http::Method::post, http::Method::put, http::Method::patch, http::Method::del}) {
    EXPECT_EQ(check(method, {good}), "ok");
    EXPECT_EQ(check(method, {}), "csrf_invalid");
    EXPECT_EQ(check(method, {""}), "csrf_invalid");
    EXPECT_EQ(check(method, {good, good}), "csrf_invalid");
    EXPECT_EQ(check(method, {made->session_token}), "csrf_invalid");
    EXPECT_EQ(check(method, {IdentityService::csrf_token(other->session_token)}), "csrf_invalid");
  }
  for (const auto method : {http::Method::get, http::Method::head, http::Method::options})
    EXPECT_EQ(check(method, {}), "ok");
  auto bearer = request(http::Method::post);
  bearer.bearer(made->access_token);
  EXPECT_TRUE(auth.check_csrf(bearer.request(), ask(bearer).value()));
}

TEST_F(AuthenticatorTest, AnExternalTokenMakesItsAccountAtFirstSightAndOnce) {
  const auto first = ask_bearer(external_token(access_));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->credential, http::Credential::bearer);
  EXPECT_TRUE(first->session.empty());
  EXPECT_EQ(trials, std::vector{first->account});
  const auto view = base::block_on(service->session(*first));
  EXPECT_EQ(view->account.external_id, "3f2b8c1e-5d4a-4f6b-9c7d-0a1b2c3d4e5f");
  EXPECT_EQ(view->user.email, "ada@example.com");
  open();  // another process, nothing cached
  EXPECT_EQ(ask_bearer(external_token("sub in upper case"))->account, first->account);
  EXPECT_EQ(ask_bearer(external_token("user_metadata that asks for more"))->account,
            first->account);
  EXPECT_EQ(trials.size(), 1U);
}

TEST_F(AuthenticatorTest, ClaimsThatOthersWriteGiveNoRight) {
  const auto caller = ask_bearer(external_token("user_metadata that asks for more"));
  ASSERT_TRUE(caller);
  EXPECT_FALSE(caller->is_operator);
}

TEST_F(AuthenticatorTest, AnExternalEmailIsNoKeyToABuiltInAccount) {
  const auto made = sign_up("ada@example.com");
  const auto external = ask_bearer(external_token(access_));
  ASSERT_TRUE(external);
  EXPECT_NE(external->account, made->account.id);
}

TEST_F(AuthenticatorTest, ASignedOutExternalSessionIsRefusedWithAllItsTokens) {
  const auto token = external_token(access_);
  const auto caller = ask_bearer(token);
  ASSERT_TRUE(caller && ask_bearer(external_token("aud is a list with ours")));
  ASSERT_TRUE(base::block_on(service->logout(*caller, token)));
  EXPECT_EQ(ask_bearer(token).error().reason, "token_invalid");
  EXPECT_EQ(ask_bearer(external_token("aud is a list with ours")).error().reason, "token_invalid");
  // Its holder without a session_id was not signed out.
  EXPECT_TRUE(ask_bearer(external_token("no session_id and no email")));
  open();
  EXPECT_FALSE(ask_bearer(token));
}

TEST_F(AuthenticatorTest, AnAnonymousUserGetsNoTrial) {
  options.external.allow_anonymous = true;
  open();
  ASSERT_TRUE(ask_bearer(external_token("is_anonymous is true")));
  EXPECT_TRUE(trials.empty());
}

TEST_F(AuthenticatorTest, AChangedPlanIsSeenAfterForgetting) {
  const auto made = sign_up();
  EXPECT_EQ(ask_bearer(made->access_token)->plan, 0);
  const auto changed = base::block_on(
      (*database).write_operator<bool>([](sql::OperatorTx& tx) -> base::Result<bool> {
        return tx.prepare("UPDATE accounts SET plan = 'payg'").run() == 1;
      }));
  ASSERT_TRUE(changed);
  EXPECT_EQ(ask_bearer(made->access_token)->plan, 0);
  service->authenticator().forget_account(made->account.id);
  EXPECT_EQ(ask_bearer(made->access_token)->plan, 1);
}

}  // namespace
}  // namespace identity
