// Keys and tokens were made by another implementation: tests/data/identity/generate_key_sets.mjs.
#include "features/identity/jwk.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"
#include "features/identity/jwt_claims.hpp"
#include "features/identity/jwt_verify.hpp"

namespace identity {
namespace {

namespace json = boost::json;

class KeySets : public testing::Test {
 protected:
  KeySets() {
    std::ifstream file(RL_SOURCE_DIR "/tests/data/identity/key_sets.json");
    std::stringstream text;
    text << file.rdbuf();
    data_ = base::parse_json_object(text.str()).value();
    rules_.issuer = std::string(data_.at("issuer").as_string());
    now_ = base::Instant{std::chrono::seconds{data_.at("now").as_int64()}};
    keys_ = read_jwks(json::serialize(data_.at("set")), Trust::external).value();
  }
  std::string outcome(std::string_view token) const {
    const auto verified = verify_token(token, keys_);
    if (!verified) return verified.error().reason;
    const auto claims =
        read_external_claims(verified->claims, rules_, std::chrono::seconds{30}, now_);
    return claims ? "ok" : claims.error().reason;
  }

  json::object data_;
  KeyRing keys_;
  ExternalTokens rules_;
  base::Instant now_;
};

TEST_F(KeySets, EachTokenOfAnotherImplementationGetsItsVerdict) {
  const auto& cases = data_.at("cases").as_array();
  ASSERT_GT(cases.size(), 25U);
  for (const auto& item : cases)
    EXPECT_EQ(outcome(std::string(item.at("token").as_string())), item.at("expect").as_string())
        << item.at("name").as_string();
}

TEST_F(KeySets, WeakMalformedSecretAndForeignKeysAreLeftOut) {
  const auto& ignored = data_.at("ignored").as_array();
  ASSERT_GT(ignored.size(), 20U);
  for (const auto& item : ignored)
    EXPECT_FALSE(read_jwk(item.at("jwk").as_object(), Trust::external))
        << item.at("name").as_string();
  EXPECT_EQ(keys_.size(), 3U);
}

// The neutral point of Ed25519: the signature of that point and a zero is right for every text.
TEST_F(KeySets, APointThatTakesAnySignatureIsLeftOut) {
  const std::string rest(42, 'A');
  for (const std::string x : {"AQ", "AA"})
    EXPECT_EQ(read_jwks(R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":")" + x +
                            rest.substr(1) + R"("}]})",
                        Trust::external)
                  ->size(),
              0U);
}

TEST_F(KeySets, OfTwoKeysWithOneNameNeitherCounts) {
  auto set = data_.at("set").as_object();
  auto& keys = set.at("keys").as_array();
  keys.push_back(keys.at(0));
  const auto ring = read_jwks(json::serialize(set), Trust::external);
  ASSERT_TRUE(ring);
  EXPECT_EQ(ring->size(), 2U);
}

TEST_F(KeySets, AnythingButASetIsRefused) {
  for (const char* text : {"", "{}", "[]", "{\"keys\":{}}", "<html>", "{\"keys\":[]", "null"})
    EXPECT_FALSE(read_jwks(text, Trust::external)) << text;
  // An issuer with a shared secret only publishes an empty set.
  const auto empty = read_jwks(R"({"keys":[]})", Trust::external);
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
}

TEST_F(KeySets, OnlyAnUnknownNameOfAPublicKeyIsMissing) {
  const auto kid_of = [&](std::string_view name) -> std::optional<std::string> {
    for (const auto& item : data_.at("cases").as_array())
      if (item.at("name").as_string() == name)
        return missing_kid(std::string(item.at("token").as_string()), keys_);
    return "no such case";
  };
  EXPECT_EQ(kid_of("unknown kid"), "es-2");
  for (const char* known : {"ES256", "kid missing", "HS256 with the EC key's PEM", "ES384",
                            "another's key of the same kid"})
    EXPECT_EQ(kid_of(known), std::nullopt) << known;
  EXPECT_EQ(missing_kid("a.b.c", keys_), std::nullopt);
  EXPECT_EQ(missing_kid(std::string(1'000'000, 'a'), keys_), std::nullopt);
}

}  // namespace
}  // namespace identity
