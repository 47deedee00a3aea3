// The effective configuration: defaults < redline.toml < environment < flags. Every key is one row
// of settings(); the file reader, the environment, check-config and redline.example.toml all come
// from that table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/money.hpp"
#include "base/result.hpp"

namespace app {

struct PlanConfig {
  std::string id;
  std::string name;
  std::vector<std::string> requests;  // allowances, "600/minute"
  std::int64_t trial_hours = 0;
  std::int64_t storage_mb = 200;
  std::int64_t max_upload_mb = 50;
  std::int64_t concurrent_queries = 1;
  bool for_buyers = false;  // who buys hours on the first plan moves here
  // Of a team's members at the same time: union, per_user or max_n; empty: as the tariff says.
  std::string concurrency{};
  std::int64_t max_parallel = 0;  // for max_n
};

struct PackConfig {
  std::string sku;
  std::int64_t hours = 0;
  base::Money price;
  std::int64_t expires_days = 0;  // 0: never
};

struct ServerConfig {
  std::string listen = "127.0.0.1:8080";
  std::int64_t threads = 0;
  std::string public_url;
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> cors_origins;
  std::string tls_certificate;
  std::string tls_key;
  std::int64_t max_connections = 10'000;
  std::int64_t header_timeout_ms = 5'000;
  std::int64_t body_timeout_ms = 30'000;
  std::int64_t idle_timeout_ms = 75'000;
  std::int64_t max_header_bytes = 16'384;
  std::int64_t max_body_bytes = 1'048'576;
  std::int64_t drain_seconds = 20;
};

struct AuthConfig {
  std::string issuer;
  std::string jwks_url;
  std::string jwks_file;
  std::string audience = "authenticated";
  std::vector<std::string> hs256_secrets;
  std::int64_t clock_skew_seconds = 30;
  bool allow_anonymous_tokens = false;
};

struct MailConfig {
  std::string smtp_url;
  std::string from;
  bool to_files = false;  // no setting: --demo
};

struct MeteringConfig {
  std::int64_t idle_gap_ms = 60'000;
  std::int64_t min_proof_ms = 1'000;
  std::int64_t settle_interval_ms = 1'000;
};

struct WorkspaceConfig {
  std::int64_t memory_mb = 1'024;
  std::int64_t threads = 2;
  std::int64_t query_timeout_ms = 60'000;
  std::int64_t max_rows = 1'000'000;
  std::int64_t temp_mb = 4'096;
  std::int64_t idle_stop_seconds = 300;
  std::int64_t max_active = 64;
};

struct HistoryConfig {
  std::int64_t retention_days = 730;
  std::int64_t memory_mb = 128;
};

struct LogConfig {
  std::string file = "redline_web.log";  // relative to the data folder
  std::string level = "info";
  bool access = true;
  std::int64_t max_mb = 100;
  std::int64_t keep = 10;
};

struct StripeConfig {
  std::string mode = "test-page";
  std::string secret_key;
  std::vector<std::string> webhook_secrets;
};

// One [[gateway.routes]].
struct GatewayRouteConfig {
  std::string prefix;
  std::string upstream;
  bool strip_prefix = true;
  bool metered = true;
  bool sign_in = true;
  bool credentials = false;
};

struct GatewayConfig {
  std::int64_t connect_timeout_ms = 2'000;
  std::int64_t first_byte_timeout_ms = 60'000;
  std::int64_t idle_timeout_ms = 60'000;
  std::int64_t keep_alive = 64;
  std::int64_t max_body_mb = 1'024;
  std::vector<GatewayRouteConfig> routes;
};

struct Config {
  ServerConfig server;
  AuthConfig auth;
  MailConfig mail;
  MeteringConfig metering;
  std::vector<std::string> anonymous_limits{"50/hour", "200/day"};
  std::vector<std::string> guess_limits{"20/minute", "200/hour"};
  WorkspaceConfig workspace;
  HistoryConfig history;
  LogConfig log;
  StripeConfig stripe;
  GatewayConfig gateway;
  std::vector<PlanConfig> plans;  // the first is the plan of a new account
  std::vector<PackConfig> packs;
};

// The shipped plans and packs.
[[nodiscard]] Config default_config();

// One key: where it is stored and what it may hold.
struct Setting {
  std::string_view section;
  std::string_view key;
  std::string_view comment;
  std::variant<std::string*, std::int64_t*, bool*, std::vector<std::string>*> target;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view environment = "";  // the requirement's own name, besides REDLINE_<SECTION>_<KEY>
  bool secret = false;
};
[[nodiscard]] std::vector<Setting> settings(Config& config);

// "" or a plain sentence about what is wrong with `text` for this key; stores it when it is right.
[[nodiscard]] std::string assign(const Setting& setting, std::string_view text);

// All mistakes at once, one a line, with file line or variable name; `invalid` with them in
// message.
using Environment = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] base::Result<Config> load_config(
    const std::string& toml_path, const Environment& environment,
    const std::vector<std::pair<std::string, std::string>>& flags);
// Rules across keys (placeholder secrets, unknown plan words, addresses); appends sentences.
void find_mistakes(const Config& config, std::vector<std::string>& mistakes);

// TOML text of the effective configuration; secrets masked.
[[nodiscard]] std::string print_config(Config config);

}  // namespace app
