// Every token here was made by another implementation: tests/data/identity/generate.mjs.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "features/identity/jwt_base64.hpp"
#include "features/identity/jwt_claims.hpp"
#include "features/identity/jwt_verify.hpp"

namespace identity {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(object.at(name).as_string());
}

class TokenVectors : public testing::Test {
 protected:
  TokenVectors() {
    std::ifstream file(RL_SOURCE_DIR "/tests/data/identity/tokens.json");
    std::stringstream text;
    text << file.rdbuf();
    data_ = base::parse_json_object(text.str()).value();
    keys_.push_back(VerificationKey::ed25519(*decode_base64url(text_of(data_, "ed25519_public")),
                                             text_of(data_, "kid"), Trust::own)
                        .value());
    keys_.push_back(
        VerificationKey::hs256(text_of(data_, "hs256_secret"), Trust::external).value());
    rules_.issuer = text_of(data_, "issuer");
    now_ = base::Instant{std::chrono::seconds{data_.at("now").as_int64()}};
  }

  // "ok", or the reason of the refusal.
  std::string outcome(std::string_view token) const {
    const auto verified = verify_token(token, keys_);
    if (!verified) return verified.error().reason;
    if (verified->trust == Trust::own) {
      const auto own = read_own_claims(verified->claims, "redline", now_);
      return own ? "ok" : own.error().reason;
    }
    const auto external =
        read_external_claims(verified->claims, rules_, std::chrono::seconds{30}, now_);
    return external ? "ok" : external.error().reason;
  }
  std::string token_named(std::string_view name) const {
    for (const auto& item : data_.at("cases").as_array())
      if (item.at("name").as_string() == name) return text_of(item.as_object(), "token");
    ADD_FAILURE() << "no case " << name;
    return {};
  }
  static constexpr const char* kGood = "HS256 access token of the application";

  json::object data_;
  KeyRing keys_;
  ExternalTokens rules_;
  base::Instant now_;
};

TEST_F(TokenVectors, EachTokenOfAnotherImplementationGetsItsVerdict) {
  const auto& cases = data_.at("cases").as_array();
  ASSERT_GT(cases.size(), 140U);
  for (const auto& item : cases) {
    const auto token = text_of(item.as_object(), "token");
    EXPECT_EQ(outcome(token), std::string(item.at("expect").as_string()))
        << item.at("name").as_string();
  }
}

TEST_F(TokenVectors, EveryRefusalOfATokenSaysTheSame) {
  const auto message = verify_token("", keys_).error().message;
  for (const auto& item : data_.at("cases").as_array()) {
    const auto verified = verify_token(text_of(item.as_object(), "token"), keys_);
    if (verified) continue;
    EXPECT_EQ(verified.error().message, message);
    EXPECT_EQ(verified.error().code, base::ErrorCode::unauthenticated);
  }
}

TEST_F(TokenVectors, AnyChangedByteOfATokenIsRefused) {
  for (const auto* name : {kGood, "own EdDSA access token"}) {
    const auto good = token_named(name);
    for (std::size_t i = 0; i < good.size(); ++i) {
      auto bad = good;
      bad[i] = bad[i] == 'A' ? 'B' : 'A';
      EXPECT_EQ(outcome(bad), "token_invalid") << name << " byte " << i;
    }
  }
}

TEST_F(TokenVectors, AnyCutTokenIsRefused) {
  const auto good = token_named(kGood);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(outcome(good.substr(0, size)), "token_invalid");
}

TEST_F(TokenVectors, AKeyServesOneAlgorithmOnly) {
  KeyRing only_secret{keys_[1]};
  EXPECT_TRUE(verify_token(token_named(kGood), only_secret));
  EXPECT_FALSE(verify_token(token_named("own EdDSA access token"), only_secret));
  KeyRing only_own{keys_[0]};
  EXPECT_FALSE(verify_token(token_named(kGood), only_own));
}

TEST_F(TokenVectors, ASecondSecretServesWhileTheFirstIsReplaced) {
  KeyRing ring{
      VerificationKey::hs256("a-newer-secret-Zk39fjwLq0TtYbNn27XcVv", Trust::external).value(),
      keys_[1]};
  EXPECT_TRUE(verify_token(token_named(kGood), ring));
  ring.pop_back();
  EXPECT_FALSE(verify_token(token_named(kGood), ring));
}

TEST_F(TokenVectors, AnIssuerThatIsNotConfiguredIsNotCompared) {
  rules_.issuer.clear();
  EXPECT_EQ(outcome(token_named("iss missing")), "ok");
  // The project's API keys stay out all the same.
  EXPECT_EQ(outcome(token_named("API key anon")), "token_invalid");
  EXPECT_EQ(outcome(token_named("API key service_role")), "token_invalid");
}

TEST_F(TokenVectors, AnonymousUsersComeInOnlyWhenAllowed) {
  EXPECT_EQ(outcome(token_named("is_anonymous is true")), "token_invalid");
  rules_.allow_anonymous = true;
  EXPECT_EQ(outcome(token_named("is_anonymous is true")), "ok");
}

TEST_F(TokenVectors, ASubjectIsOneUserHoweverItsUuidIsWritten) {
  const auto subject_of = [&](std::string_view name) {
    const auto verified = verify_token(token_named(name), keys_);
    return read_external_claims(verified->claims, rules_, std::chrono::seconds{30}, now_)->subject;
  };
  EXPECT_EQ(subject_of("sub in upper case"), subject_of(kGood));
}

TEST_F(TokenVectors, AMegabyteIsRefusedUnread) {
  EXPECT_EQ(outcome(std::string(1'000'000, 'a')), "token_invalid");
  EXPECT_EQ(verify_token(std::string(1'000'000, '.'), keys_).error().detail, "token is over 8 KiB");
}

}  // namespace
}  // namespace identity
