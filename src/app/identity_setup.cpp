#include "app/identity_setup.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

namespace app {
namespace {

constexpr std::size_t kMaxKeySetBytes = 65'536;

base::Result<std::string> read_key_set(const std::string& path) {
  if (path.empty()) return std::string{};
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxKeySetBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || file.gcount() == 0)
    return base::fail(base::ErrorCode::invalid, "bad_configuration",
                      fmt::format("auth.jwks_file: {} cannot be read", path));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

base::Result<identity::IdentityOptions> identity_options(const Config& config,
                                                         const DataFolder& folder) {
  identity::IdentityOptions options;
  options.keys_folder = folder.file("keys");
  for (const auto& plan : config.plans)
    options.plans.push_back({.id = plan.id,
                             .name = plan.name,
                             .requests = plan.requests,
                             .trial_hours = plan.trial_hours,
                             .storage_mb = plan.storage_mb,
                             .max_upload_mb = plan.max_upload_mb,
                             .concurrent_queries = plan.concurrent_queries});
  options.default_plan = config.plans.front().id;
  options.public_url = config.server.public_url.empty() ? "http://" + config.server.listen
                                                        : config.server.public_url;
  options.require_verified_email = !config.mail.smtp_url.empty();
  options.test_mode = config.stripe.mode == "test-page";
  options.secure_cookies =
      !config.server.tls_certificate.empty() || config.server.public_url.starts_with("https://");
  options.clock_skew = std::chrono::seconds{config.auth.clock_skew_seconds};
  RL_TRY(auto static_jwks, read_key_set(config.auth.jwks_file));
  options.external = {.hs256_secrets = config.auth.hs256_secrets,
                      .jwks_url = config.auth.jwks_url,
                      .static_jwks = std::move(static_jwks),
                      .issuer = config.auth.issuer,
                      .audience = config.auth.audience,
                      .allow_anonymous = config.auth.allow_anonymous_tokens};
  return options;
}

bool has_mail(const MailConfig& mail) { return !mail.smtp_url.empty() || mail.to_files; }

notify::MailerOptions mailer_options(const MailConfig& mail, const DataFolder& folder) {
  return {.server = mail.smtp_url.empty() ? std::nullopt : http::parse_smtp_url(mail.smtp_url),
          .from = mail.from.empty() ? "redline@localhost" : mail.from,
          .folder = folder.file("outbox")};
}

base::Task<void> empty_workspace(workspace::WorkspaceService& workspace, const DataFolder& folder,
                                 base::Log& log, base::AccountId account) {
  for (;;) {
    const auto datasets = co_await workspace.list_datasets(account);
    if (!datasets) {
      log.error("workspace_not_emptied", {{"detail", datasets.error().detail}});
      co_return;
    }
    if (datasets->empty()) break;
    for (const auto& dataset : *datasets) {
      const auto dropped = co_await workspace.drop_dataset(account, dataset.name);
      if (dropped) continue;
      log.error("workspace_not_emptied", {{"detail", dropped.error().detail}});
      co_return;
    }
  }
  std::error_code failed;
  std::filesystem::remove_all(folder.file("workspaces/" + account.text()), failed);
  if (failed) log.error("workspace_not_emptied", {{"detail", failed.message()}});
}

}  // namespace app
