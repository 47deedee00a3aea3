#include "app/commands.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "app/cli.hpp"
#include "app/store.hpp"
#include "base/json.hpp"
#include "base/task.hpp"
#include "features/identity/account_directory.hpp"
#include "features/identity/identity_service.hpp"

namespace app {
namespace {

Environment read_environment() {
  Environment result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

// Opens the store for a command, or says why not.
std::expected<std::unique_ptr<Store>, int> open_for_command(const Common& common) {
  auto config = configure(common);
  if (!config) return std::unexpected(config.error());
  auto store = open_store(std::move(*config), common.data);
  if (!store) return std::unexpected(report_failure(store.error()));
  return std::move(*store);
}

base::Result<std::unique_ptr<identity::IdentityService>> open_identity(Store& store) {
  identity::IdentityOptions options;
  options.keys_folder = store.folder->file("keys");
  for (const auto& plan : store.config.plans)
    options.plans.push_back({.id = plan.id, .name = plan.name, .requests = plan.requests});
  options.default_plan = store.config.plans.front().id;
  return identity::IdentityService::open(std::move(options), {}, *store.database, store.clock,
                                         store.random, *store.log);
}

}  // namespace

std::expected<Config, int> configure(const Common& common) {
  auto path = common.config_path;
  if (path.empty() && std::filesystem::exists("redline.toml")) path = "redline.toml";
  auto config = load_config(path, read_environment(), common.settings);
  if (config) return std::move(*config);
  fmt::print(stderr, "redline: the configuration has mistakes:\n{}\n", config.error().message);
  return std::unexpected(kBadUsage);
}

int report_failure(const base::Error& error) {
  // An internal error's message is for strangers; at the terminal its detail is what helps.
  const auto& text =
      error.reason == "internal_error" && !error.detail.empty() ? error.detail : error.message;
  fmt::print(stderr, "redline: {}\n", text);
  return error.code == base::ErrorCode::invalid || error.code == base::ErrorCode::not_found
             ? kBadUsage
             : kEnvironmentFailed;
}

int check_config_command(const Common& common) {
  const auto config = configure(common);
  if (!config) return config.error();
  fmt::print("{}", print_config(*config));
  return kDone;
}

int migrate_command(const Common& common) {
  const auto store = open_for_command(common);
  if (!store) return store.error();
  fmt::print("The database in {} is up to date.\n", (*store)->folder->path());
  return kDone;
}

int account_create_command(const Common& common, const AccountArguments& arguments) {
  const auto store = open_for_command(common);
  if (!store) return store.error();
  const auto identity = open_identity(**store);
  if (!identity) return report_failure(identity.error());
  const auto made = base::block_on((*identity)->create_account(
      {.email = arguments.email,
       .password = {},
       .is_operator = arguments.is_operator,
       .operator_role = identity::parse_operator_role(arguments.operator_role)
                            .value_or(identity::OperatorRole::support)}));
  if (!made) return report_failure(made.error());
  if (common.json) {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object();
    json.field("user", made->user.text());
    json.field("account", made->account.text());
    json.field("email", made->email);
    json.field("password", made->password);
    json.end_object();
    fmt::print("{}\n", out);
  } else {
    fmt::print("account   {}\nuser      {}\ne-mail    {}\npassword  {}   (shown once)\n",
               made->account.text(), made->user.text(), made->email, made->password);
  }
  return kDone;
}

int account_list_command(const Common& common) {
  const auto store = open_for_command(common);
  if (!store) return store.error();
  identity::AccountDirectory directory(*(*store)->database);
  identity::AccountFilter filter{.email = {}, .before = {}, .limit = 200};
  for (;;) {
    const auto rows = base::block_on(directory.list(filter));
    if (!rows) return report_failure(rows.error());
    for (const auto& row : *rows) {
      const auto balance = base::block_on((*store)->ledger->load_balance(row.id));
      if (!balance) return report_failure(balance.error());
      fmt::print("{}  {:>12} ms  {:10} {}\n", row.id.text(), balance->available.count(),
                 row.is_operator ? "operator" : row.plan, row.email.empty() ? "-" : row.email);
    }
    if (std::ssize(*rows) < filter.limit) return kDone;
    filter.before = rows->back().id;
  }
}

int account_grant_command(const Common& common, const std::string& account, std::int64_t seconds,
                          const std::string& reason) {
  const auto id = base::AccountId::parse(account);
  if (!id) {
    fmt::print(stderr, "redline: '{}' is no account id (acc_…)\n", account);
    return kBadUsage;
  }
  const auto store = open_for_command(common);
  if (!store) return store.error();
  const auto key = "manual:" + base::GrantId::make((*store)->clock.now(), (*store)->random).text();
  const auto issued =
      base::block_on((*store)->ledger->issue({.account = *id,
                                              .kind = ledger::GrantKind::manual,
                                              .amount = std::chrono::seconds{seconds},
                                              .expires_at = {},
                                              .business_key = key,
                                              .reason = reason,
                                              .actor = "cli"}));
  if (!issued) return report_failure(issued.error());
  fmt::print("{}\n", issued->id.text());
  return kDone;
}

int token_issue_command(const Common& common, const std::string& account,
                        std::int64_t ttl_seconds) {
  const auto id = base::AccountId::parse(account);
  if (!id) {
    fmt::print(stderr, "redline: '{}' is no account id (acc_…)\n", account);
    return kBadUsage;
  }
  const auto store = open_for_command(common);
  if (!store) return store.error();
  const auto identity = open_identity(**store);
  if (!identity) return report_failure(identity.error());
  const auto token =
      base::block_on((*identity)->issue_token(*id, std::chrono::seconds{ttl_seconds}));
  if (!token) return report_failure(token.error());
  fmt::print("{}\n", *token);
  return kDone;
}

}  // namespace app
