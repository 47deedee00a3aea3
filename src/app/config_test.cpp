#include "app/config.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

using testing::HasSubstr;

std::string write_file(const std::string& text) {
  const auto path = testing::TempDir() + "redline_config_test.toml";
  std::ofstream(path) << text;
  return path;
}

std::string mistakes_of(const std::string& toml, const Environment& environment = {}) {
  const auto loaded = load_config(write_file(toml), environment, {});
  return loaded ? "" : loaded.error().message;
}

TEST(Config, FlagsBeatTheEnvironmentWhichBeatsTheFile) {
  const auto path = write_file("[server]\nthreads = 1\nmax_connections = 11\ndrain_seconds = 1\n");
  const auto loaded =
      load_config(path, {{"REDLINE_SERVER_THREADS", "2"}, {"REDLINE_SERVER_DRAIN_SECONDS", "2"}},
                  {{"server.drain_seconds", "3"}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->server.max_connections, 11);
  EXPECT_EQ(loaded->server.threads, 2);
  EXPECT_EQ(loaded->server.drain_seconds, 3);
}

TEST(Config, EveryMistakeIsNamedWithItsLine) {
  const auto text = mistakes_of(
      "[server]\nthread = 1\nmax_connections = 0\n[metering]\nidle_gap_ms = \"x\"\n[oops]\n");
  EXPECT_THAT(text, HasSubstr(":2: server.thread is no setting"));
  EXPECT_THAT(text, HasSubstr(":3: server.max_connections: 0 is not between 1 and"));
  EXPECT_THAT(text, HasSubstr(":5: metering.idle_gap_ms has the wrong type"));
  EXPECT_THAT(text, HasSubstr(":6: oops is no section"));
}

TEST(Config, TheNamesOfTheRequirementAreHonoured) {
  const auto loaded = load_config("",
                                  {{"MAKERKIT_JWT_SECRET", "0123456789abcdef0123456789abcdef"},
                                   {"STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef"},
                                   {"CORS_ORIGINS", "https://a.example, https://b.example"},
                                   {"PATH", "/bin"}},
                                  {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->auth.hs256_secrets.size(), 1U);
  EXPECT_EQ(loaded->stripe.webhook_secrets.size(), 1U);
  EXPECT_THAT(loaded->server.cors_origins,
              testing::ElementsAre("https://a.example", "https://b.example"));
}

// A comma separates secrets in the environment; the file takes each as it is.
TEST(Config, ASecretWithACommaComesFromTheFile) {
  const std::string first = "0123456789abcdef,123456789abcdef0";
  EXPECT_THAT(mistakes_of("", {{"MAKERKIT_JWT_SECRET", first}}), HasSubstr("goes into the file"));
  const auto file = write_file("[auth]\nhs256_secrets = [\"" + first + "\"]\n");
  const auto loaded = load_config(file, {}, {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_THAT(loaded->auth.hs256_secrets, testing::ElementsAre(first));
}

// D44: secrets from a manual must not go live.
TEST(Config, PlaceholderAndShortSecretsStopTheStart) {
  EXPECT_THAT(mistakes_of("", {{"MAKERKIT_JWT_SECRET", "short"}}), HasSubstr("32 bytes"));
  EXPECT_THAT(mistakes_of("", {{"MAKERKIT_JWT_SECRET",
                                "your-super-secret-jwt-token-with-at-least-32-characters-long"}}),
              HasSubstr("placeholder"));
}

TEST(Config, AnUnknownVariableOfOursIsAMistake) {
  EXPECT_THAT(mistakes_of("", {{"REDLINE_SERVER_THREDS", "2"}}),
              HasSubstr("REDLINE_SERVER_THREDS"));
}

TEST(Config, WhatIsPrintedLoadsAgainAndHidesSecrets) {
  auto config = default_config();
  config.auth.hs256_secrets = {"0123456789abcdef0123456789abcdef"};
  const auto text = print_config(config);
  EXPECT_THAT(text, testing::Not(HasSubstr("0123456789abcdef")));
  const auto again = load_config(write_file(print_config(default_config())), {}, {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(print_config(*again), print_config(default_config()));
}

TEST(Config, TheShippedExampleIsTheDefault) {
  const auto loaded = load_config(RL_SOURCE_DIR "/redline.example.toml", {}, {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(print_config(*loaded), print_config(default_config()));
}

TEST(Config, APlanSaysHowMembersAreBilledAndALimitGoesWithMaxN) {
  const auto plan = [](const std::string& rule) {
    return "[[plans]]\nid=\"a\"\nname=\"A\"\nrequests=[\"1/minute\"]\n" + rule;
  };
  const auto text = plan("concurrency=\"max_n\"\nmax_parallel=2\n");
  const auto loaded = load_config(write_file(text), {}, {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_THAT(print_config(*loaded), HasSubstr("concurrency = \"max_n\"\nmax_parallel = 2\n"));
  EXPECT_THAT(mistakes_of(plan("concurrency=\"both\"\n")), HasSubstr("union, per_user or max_n"));
  EXPECT_THAT(mistakes_of(plan("concurrency=\"max_n\"\n")), HasSubstr("max_parallel of 'a'"));
  EXPECT_THAT(mistakes_of(plan("max_parallel=2\n")), HasSubstr("max_parallel of 'a'"));
}

// D24, D25: prices are whole minor units and hours whole numbers.
TEST(Config, PricesAndHoursAreWholeNumbers) {
  EXPECT_THAT(mistakes_of("[[packs]]\nsku=\"a\"\nhours=0.5\nprice={amount=1,currency=\"usd\"}\n"),
              HasSubstr("hours is a whole number"));
}

}  // namespace
}  // namespace app
