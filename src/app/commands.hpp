// One function a command; cli.cpp parses the arguments. All print plain text, or one JSON document
// with `json`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.hpp"

namespace app {

// What every command takes.
struct Common {
  std::string config_path;  // --config; "" and no ./redline.toml: defaults
  std::string data = "redline-data";
  std::vector<std::pair<std::string, std::string>>
      settings;  // flags that are settings, e.g. --listen
  bool json = false;
};

// Prints the mistakes and gives the exit code in the error's place.
[[nodiscard]] std::expected<Config, int> configure(const Common& common);
// Prints what went wrong in plain words; the exit code for it.
int report_failure(const base::Error& error);

int serve_command(const Common& common, bool demo);
int check_config_command(const Common& common);
int migrate_command(const Common& common);
// The table of routes with what each allows and costs.
int routes_command(const Common& common);

struct AccountArguments {
  std::string email;
  bool is_operator = false;
  std::string operator_role = "admin";  // support, finance or admin
};
int account_create_command(const Common& common, const AccountArguments& arguments);
int account_list_command(const Common& common);
int account_grant_command(const Common& common, const std::string& account, std::int64_t seconds,
                          const std::string& reason);
int token_issue_command(const Common& common, const std::string& account, std::int64_t ttl_seconds);
struct BenchOptions {
  std::string name;
  std::int64_t accounts = 1'000'000;
  std::int64_t live = 100'000;
};
int bench_command(const Common& common, const BenchOptions& options);

}  // namespace app
