#include "features/identity/jwt_keys.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "features/identity/identity_fixture.hpp"
#include "features/identity/jwt_base64.hpp"
#include "features/identity/jwt_issuer.hpp"

namespace identity {
namespace {

namespace fs = std::filesystem;

RC_GTEST_PROP(Base64Url, WhatIsWrittenIsReadBack, (const std::string& bytes)) {
  RC_ASSERT(decode_base64url(encode_base64url(bytes)) == bytes);
}

RC_GTEST_PROP(Base64Url, OneByteStringHasOneText, (const std::string& text)) {
  if (const auto bytes = decode_base64url(text)) RC_ASSERT(encode_base64url(*bytes) == text);
}

TEST(Hs256Secret, ShortPlaceholderAndMonotonousOnesAreRefused) {
  for (const std::string secret :
       {"", "short", "0123456789012345678901234567890",  // 31 bytes
        "super-secret-jwt-token-with-at-least-32-characters-long",
        "your-super-secret-jwt-token-with-at-least-32-characters-long",
        "YOUR-SUPER-SECRET-JWT-TOKEN-WITH-AT-LEAST-32-CHARACTERS-LONG",
        "change-me-change-me-change-me-change-me", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abababababababababababababababababababab"}) {
    const auto checked = check_hs256_secret(secret);
    ASSERT_FALSE(checked) << secret;
    EXPECT_EQ(checked.error().fields.at(0).name, "hs256_secrets");
    if (secret.size() > 10) EXPECT_FALSE(checked.error().message.contains(secret));
  }
  EXPECT_TRUE(check_hs256_secret("q7rN0vJf3LkXw8ZtYb5HcD2sPm9AeGu4"));
}

class KeyFolder : public testing::Test {
 protected:
  IdentityFixture fixture_;
  std::string folder_ = fixture_.options.keys_folder;
  fs::path file_ = fs::path(folder_) / "identity_ed25519.pem";
};

// D43: a key made anew at each start ends every session.
TEST_F(KeyFolder, TheSigningKeyOutlivesARestart) {
  const auto first = TokenIssuer::load_or_make(folder_);
  const auto second = TokenIssuer::load_or_make(folder_);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->jwks(), second->jwks());
}

TEST_F(KeyFolder, OnlyTheOwnerMayReadTheKey) {
  ASSERT_TRUE(TokenIssuer::load_or_make(folder_));
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}), 1);
  fs::permissions(file_, fs::perms::group_read, fs::perm_options::add);
  const auto refused = TokenIssuer::load_or_make(folder_);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().detail.contains("chmod 600"));
}

TEST_F(KeyFolder, ADamagedKeyFileStopsTheStartAndIsNotReplaced) {
  ASSERT_TRUE(TokenIssuer::load_or_make(folder_));
  std::ofstream(file_, std::ios::trunc) << "-----BEGIN PRIVATE KEY-----\n";
  EXPECT_FALSE(TokenIssuer::load_or_make(folder_));
  EXPECT_LT(fs::file_size(file_), 64U);
}

TEST_F(KeyFolder, ThePublishedKeyHoldsNothingSecret) {
  const auto issuer = TokenIssuer::load_or_make(folder_);
  ASSERT_TRUE(issuer);
  EXPECT_FALSE(issuer->jwks().contains("\"d\""));
  EXPECT_TRUE(issuer->jwks().contains(issuer->kid()));
}

TEST_F(KeyFolder, AWeakSecretStopsTheService) {
  fixture_.options.external.hs256_secrets = {"short"};
  const auto opened = IdentityService::open(fixture_.options, {}, *fixture_.database,
                                            fixture_.clock, fixture_.random, fixture_.log);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::invalid);
}

}  // namespace
}  // namespace identity
