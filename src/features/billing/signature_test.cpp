#include "features/billing/signature.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <boost/json/parse.hpp>

namespace billing {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(std::string(RL_SOURCE_DIR "/tests/data/stripe/") + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string text_at(const boost::json::object& object, std::string_view name) {
  return std::string(object.at(name).as_string());
}

TEST(VerifySignature, AnswersEveryVectorAsItMust) {
  const auto file = boost::json::parse(read_file("signature-vectors.json"));
  const auto& vectors = file.as_object().at("vectors").as_array();
  EXPECT_EQ(vectors.size(), 30U);
  for (const auto& value : vectors) {
    const auto& vector = value.as_object();
    std::vector<std::string> secrets;
    for (const auto& secret : vector.at("secrets").as_array())
      secrets.emplace_back(secret.as_string());
    const auto verified =
        verify_signature(text_at(vector, "header"), text_at(vector, "payload"), secrets,
                         vector.at("now").as_int64(), vector.at("tolerance").as_int64());
    EXPECT_EQ(verified.has_value() ? "accept" : "reject", text_at(vector, "expect"))
        << text_at(vector, "name");
    if (verified) continue;
    EXPECT_EQ(verified.error().code, base::ErrorCode::malformed);
    EXPECT_EQ(verified.error().reason, "signature_invalid");
  }
}

RC_GTEST_PROP(VerifySignature, TakesWhatSignMadeAndNothingChanged,
              (const std::string& text, std::uint32_t now)) {
  const auto body = "{" + text;
  const std::vector<std::string> secrets = {"whsec_test_old", "whsec_test_new"};
  const auto header = sign(body, secrets[1], now);
  RC_ASSERT(verify_signature(header, body, secrets, now, 300).has_value());
  RC_ASSERT(!verify_signature(header, body + " ", secrets, now, 300).has_value());
  RC_ASSERT(!verify_signature(header, body, {secrets.data(), 1}, now, 300).has_value());
  auto changed = header;
  const auto at = *rc::gen::inRange<std::size_t>(0, changed.size());
  changed[at] = changed[at] == '0' ? '1' : '0';
  RC_ASSERT(!verify_signature(changed, body, secrets, now, 300).has_value());
}

TEST(VerifySignature, WithoutSecretsNothingFits) {
  const auto header = sign("{}", "", 1'000);
  EXPECT_FALSE(verify_signature(header, "{}", {}, 1'000, 300));
  const std::vector<std::string> blank = {"", "\t"};
  EXPECT_FALSE(verify_signature(header, "{}", blank, 1'000, 300));
}

}  // namespace
}  // namespace billing
