#include "app/config.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/config_file.hpp"
#include "app/gateway_config.hpp"
#include "features/ledger/tariff.hpp"
#include "http/client.hpp"
#include "http/smtp.hpp"

namespace app {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& letter : result)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  return result;
}

void read_environment(const Environment& environment, const std::vector<Setting>& all,
                      std::vector<std::string>& mistakes) {
  for (const auto& [name, value] : environment) {
    const bool ours = name.starts_with("REDLINE_");
    const auto found = std::ranges::find_if(all, [&](const Setting& setting) {
      return (!setting.environment.empty() && name == setting.environment) ||
             name == fmt::format("REDLINE_{}_{}", upper(setting.section), upper(setting.key));
    });
    if (found == all.end()) {
      if (ours) mistakes.push_back(fmt::format("environment: {} is no setting", name));
      continue;
    }
    if (const auto wrong = assign(*found, value); !wrong.empty())
      mistakes.push_back(
          fmt::format("environment: {}: {}", name, found->secret ? "not usable" : wrong));
  }
}

void read_flags(const std::vector<std::pair<std::string, std::string>>& flags,
                const std::vector<Setting>& all, std::vector<std::string>& mistakes) {
  for (const auto& [name, value] : flags) {
    const auto found = std::ranges::find_if(all, [&](const Setting& setting) {
      return name == fmt::format("{}.{}", setting.section, setting.key);
    });
    if (found == all.end())
      mistakes.push_back(fmt::format("flag: {} is no setting", name));
    else if (const auto wrong = assign(*found, value); !wrong.empty())
      mistakes.push_back(fmt::format("flag: {}: {}", name, wrong));
  }
}

bool is_placeholder(std::string_view secret) {
  constexpr std::array kPlaceholders{
      "changeme",
      "change-me",
      "your-secret",
      "your_secret",
      "secret",
      "placeholder",
      "your-super-secret-jwt-token-with-at-least-32-characters-long"};
  return std::ranges::any_of(kPlaceholders, [&](const char* word) { return secret == word; }) ||
         secret.find("your-") == 0 || secret.find("whsec_your") == 0;
}

}  // namespace

void find_mistakes(const Config& config, std::vector<std::string>& mistakes) {
  for (const auto& secret : config.auth.hs256_secrets) {
    if (is_placeholder(secret))
      mistakes.emplace_back("auth.hs256_secrets: a placeholder from a manual is no secret");
    else if (secret.size() < 32)
      mistakes.emplace_back(
          "auth.hs256_secrets: a secret needs at least 32 bytes (in the environment a "
          "comma begins another; one that holds a comma goes into the file)");
  }
  if (!config.auth.jwks_url.empty() && !http::is_callable_url(config.auth.jwks_url))
    mistakes.emplace_back("auth.jwks_url: https://…, or http://… of this machine");
  if (config.auth.issuer.empty() &&
      !(config.auth.jwks_url.empty() && config.auth.jwks_file.empty()))
    mistakes.emplace_back("auth.issuer: needed with auth.jwks_url or auth.jwks_file");
  if (!config.mail.smtp_url.empty() && !http::parse_smtp_url(config.mail.smtp_url))
    mistakes.emplace_back("mail.smtp_url: smtp://user:password@host:587 or smtps://…");
  if (!config.mail.smtp_url.empty() && !config.mail.from.contains('@'))
    mistakes.emplace_back("mail.from: an address is needed with mail.smtp_url");
  for (const auto& secret : config.stripe.webhook_secrets)
    if (is_placeholder(secret) || secret.size() < 16)
      mistakes.emplace_back(
          "stripe.webhook_secrets: this is no signing secret of Stripe (whsec_…)");
  if (config.stripe.mode != "test-page")
    mistakes.emplace_back("stripe.mode: only \"test-page\" exists in this version");
  constexpr std::array kLevels{"debug", "info", "warning", "error"};
  if (std::ranges::find(kLevels, config.log.level) == kLevels.end())
    mistakes.emplace_back("log.level: debug, info, warning or error");
  if (config.server.tls_certificate.empty() != config.server.tls_key.empty())
    mistakes.emplace_back("server.tls_certificate and server.tls_key belong together");
  for (const auto& origin : config.server.cors_origins)
    if (!origin.starts_with("http://") && !origin.starts_with("https://"))
      mistakes.push_back(
          fmt::format("server.cors_origins: '{}' is no origin (https://app.example.com)", origin));
  gateway::find_mistakes(gateway_options(config).routes, mistakes);
  if (config.plans.empty()) mistakes.emplace_back("plans: at least one plan is needed");
  if (std::ranges::count(config.plans, true, &PlanConfig::for_buyers) > 1)
    mistakes.emplace_back("plans: only one can be for_buyers");
  for (const auto& plan : config.plans) {
    const auto known = ledger::parse_concurrency(plan.concurrency);
    if (!plan.concurrency.empty() && !known)
      mistakes.push_back(
          fmt::format("plans: concurrency of '{}' must be union, per_user or max_n", plan.id));
    const bool limited = known == ledger::Concurrency::max_n;
    if (limited ? plan.max_parallel < 1 || plan.max_parallel > 1'000 : plan.max_parallel != 0)
      mistakes.push_back(fmt::format(
          "plans: max_parallel of '{}' goes with concurrency max_n, from 1 to 1000", plan.id));
  }
  for (const auto& pack : config.packs)
    if (pack.hours < 1 || pack.price.amount < 1 || pack.price.currency.size() != 3)
      mistakes.push_back(
          fmt::format("packs: '{}' needs hours >= 1, an amount and a currency", pack.sku));
}

base::Result<Config> load_config(const std::string& toml_path, const Environment& environment,
                                 const std::vector<std::pair<std::string, std::string>>& flags) {
  Config config = default_config();
  const auto all = settings(config);
  std::vector<std::string> mistakes;
  if (!toml_path.empty()) read_config_file(toml_path, config, all, mistakes);
  read_environment(environment, all, mistakes);
  read_flags(flags, all, mistakes);
  if (mistakes.empty()) find_mistakes(config, mistakes);
  if (!mistakes.empty())
    return base::fail(base::ErrorCode::invalid, "bad_configuration",
                      fmt::format("{}", fmt::join(mistakes, "\n")));
  return config;
}

}  // namespace app
