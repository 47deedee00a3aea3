#include "features/identity/totp.hpp"

#include <gtest/gtest.h>

#include "features/identity/api_key.hpp"
#include "features/identity/identity_fixture.hpp"
#include "features/identity/sealed.hpp"

namespace identity {
namespace {

using std::chrono::seconds;

base::Instant second(std::int64_t count) { return base::Instant{seconds{count}}; }

// The vectors of RFC 6238, appendix B (SHA-1), cut to six digits.
TEST(Totp, GivesTheCodesOfTheStandard) {
  const std::string secret = "12345678901234567890";
  for (const auto& [at, code] :
       std::vector<std::pair<std::int64_t, std::string>>{{59, "287082"},
                                                         {1'111'111'109, "081804"},
                                                         {1'111'111'111, "050471"},
                                                         {1'234'567'890, "005924"},
                                                         {2'000'000'000, "279037"},
                                                         {20'000'000'000, "353130"}})
    EXPECT_EQ(totp_code(secret, totp_step(second(at))), code) << at;
}

TEST(Totp, ACodeWorksAStepEarlyOrLateAndOnce) {
  const std::string secret = "12345678901234567890";
  const auto now = second(1'795'341'600);
  const auto step = totp_step(now);
  for (const auto near : {step - 1, step, step + 1})
    EXPECT_EQ(match_totp(secret, totp_code(secret, near), now, 0), near);
  EXPECT_EQ(match_totp(secret, totp_code(secret, step - 2), now, 0), std::nullopt);
  EXPECT_EQ(match_totp(secret, totp_code(secret, step + 2), now, 0), std::nullopt);
  EXPECT_EQ(match_totp(secret, totp_code(secret, step), now, step), std::nullopt);
  EXPECT_EQ(match_totp(secret, "", now, 0), std::nullopt);
}

// The vectors of RFC 4648, section 10.
TEST(Base32, GivesTheTextsOfTheStandard) {
  EXPECT_EQ(encode_base32(""), "");
  EXPECT_EQ(encode_base32("f"), "MY");
  EXPECT_EQ(encode_base32("fo"), "MZXQ");
  EXPECT_EQ(encode_base32("foobar"), "MZXW6YTBOI");
}

TEST(Sealed, OpensUnderItsKeyOnlyAndUnchangedOnly) {
  base::SystemRandom random;
  const SealKey key{1};
  const auto box = seal(key, "secret", random);
  EXPECT_EQ(unseal(key, box), "secret");
  EXPECT_NE(seal(key, "secret", random), box);
  EXPECT_EQ(unseal(SealKey{2}, box), std::nullopt);
  auto changed = box;
  changed[30] = changed[30] == 'A' ? 'B' : 'A';
  EXPECT_EQ(unseal(key, changed), std::nullopt);
  EXPECT_EQ(unseal(key, ""), std::nullopt);
}

TEST(ApiKey, HasA160BitsAndAPrefixThatScannersKnow) {
  base::SystemRandom random;
  const auto key = make_api_key(random);
  EXPECT_TRUE(key.starts_with("rl_live_"));
  EXPECT_EQ(key.size(), 8U + 32U);
  EXPECT_TRUE(is_api_key(key));
  EXPECT_NE(make_api_key(random), key);
  EXPECT_FALSE(is_api_key(key + "a"));
  EXPECT_FALSE(is_api_key(key.substr(0, 39)));
  EXPECT_FALSE(is_api_key("rl_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

TEST(ApiKey, NoScopeLetsAKeyActAsAPersonSpendOrManage) {
  for (const char* name : {"own", "billing:write", "team", "*", "", "data", "DATA:READ"})
    EXPECT_FALSE(parse_key_scope(name)) << name;
  const auto all = parse_key_scope("admin:*");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->has(http::Scope::operator_finance));
  EXPECT_FALSE(all->has(http::Scope::own));
  EXPECT_EQ(key_scope_names(*parse_key_scope("data:read")),
            std::vector<std::string_view>{"data:read"});
}

}  // namespace
}  // namespace identity
