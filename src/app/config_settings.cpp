#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "app/config.hpp"

namespace app {

Config default_config() {
  Config config;
  config.plans = {{.id = "free", .name = "Free", .requests = {"60/minute"}, .trial_hours = 1},
                  {.id = "payg",
                   .name = "Hours",
                   .requests = {"600/minute"},
                   .storage_mb = 2'000,
                   .max_upload_mb = 500,
                   .concurrent_queries = 2,
                   .for_buyers = true}};
  config.packs = {{.sku = "hours-5", .hours = 5, .price = {2'500, "usd"}},
                  {.sku = "hours-10", .hours = 10, .price = {4'500, "usd"}},
                  {.sku = "hours-20", .hours = 20, .price = {8'000, "usd"}},
                  {.sku = "hours-50", .hours = 50, .price = {18'000, "usd"}}};
  return config;
}

namespace {

constexpr std::int64_t kHour = 3'600'000;

std::vector<Setting> server_settings(Config& c) {
  return {
      {"server", "listen", "address and port; port 0 picks a free one", &c.server.listen},
      {"server", "threads", "event loops; 0 is one per core", &c.server.threads, 0, 256},
      {"server", "public_url", "what users type; empty: the listen address", &c.server.public_url},
      {"server", "trusted_proxies", "addresses or CIDR whose X-Forwarded-* count",
       &c.server.trusted_proxies},
      {"server", "cors_origins", "origins that may call with credentials", &c.server.cors_origins,
       0, 0, "CORS_ORIGINS"},
      {"server", "tls_certificate", "PEM file; with tls_key turns TLS on",
       &c.server.tls_certificate},
      {"server", "tls_key", "PEM file", &c.server.tls_key},
      {"server", "max_connections", "more are refused with 503", &c.server.max_connections, 1,
       1'000'000},
      {"server", "header_timeout_ms", "from the first byte to the end of the header",
       &c.server.header_timeout_ms, 100, kHour},
      {"server", "body_timeout_ms", "a body that makes no progress for so long ends",
       &c.server.body_timeout_ms, 100, kHour},
      {"server", "idle_timeout_ms", "keep-alive without a request", &c.server.idle_timeout_ms, 100,
       kHour},
      {"server", "max_header_bytes", "request line and headers", &c.server.max_header_bytes, 1'024,
       1'048'576},
      {"server", "max_body_bytes", "JSON bodies; uploads have the plan's limit",
       &c.server.max_body_bytes, 1'024, 1'073'741'824},
      {"server", "drain_seconds", "SIGTERM waits so long for running requests",
       &c.server.drain_seconds, 0, 3'600},
  };
}

std::vector<Setting> people_settings(Config& c) {
  return {
      {"auth", "issuer", "exact iss of external tokens; empty accepts any", &c.auth.issuer},
      {"auth", "jwks_url",
       "key set of external tokens: RS256, ES256, EdDSA; https, or this machine", &c.auth.jwks_url},
      {"auth", "jwks_file", "the same from a file, for use without a network", &c.auth.jwks_file},
      {"auth", "audience", "must be in aud of external tokens", &c.auth.audience},
      {"auth", "hs256_secrets", "shared secrets of external tokens, newest first",
       &c.auth.hs256_secrets, 0, 0, "MAKERKIT_JWT_SECRET", true},
      {"auth", "clock_skew_seconds", "tolerance of exp, nbf and iat", &c.auth.clock_skew_seconds, 0,
       300},
      {"auth", "allow_anonymous_tokens", "accept is_anonymous users",
       &c.auth.allow_anonymous_tokens},
      {"mail", "smtp_url", "smtp://user:password@host:587 or smtps://…; empty: no mail is sent",
       &c.mail.smtp_url, 0, 0, "SMTP_URL", true},
      {"mail", "from", "sender, as Redline <redline@example.com>", &c.mail.from, 0, 0, "SMTP_FROM"},
  };
}

std::vector<Setting> work_settings(Config& c) {
  return {
      {"metering", "idle_gap_ms", "a longer pause ends a run", &c.metering.idle_gap_ms, 0, kHour},
      {"metering", "min_proof_ms", "shortest use that is billed", &c.metering.min_proof_ms, 1,
       kHour},
      {"metering", "settle_interval_ms", "live time becomes durable this often",
       &c.metering.settle_interval_ms, 50, 60'000},
      {"limits", "anonymous", "per address, on routes that do work", &c.anonymous_limits},
      {"limits", "guesses", "per address: sign-in, registration, checkout, and failed credentials",
       &c.guess_limits},
      {"gateway", "connect_timeout_ms", "to reach an application behind [[gateway.routes]]",
       &c.gateway.connect_timeout_ms, 10, kHour},
      {"gateway", "first_byte_timeout_ms", "from the request to the beginning of the answer",
       &c.gateway.first_byte_timeout_ms, 10, kHour},
      {"gateway", "idle_timeout_ms", "silence within an answer or a WebSocket",
       &c.gateway.idle_timeout_ms, 10, kHour},
      {"gateway", "keep_alive", "unused connections kept for each application, by each event loop",
       &c.gateway.keep_alive, 0, 10'000},
      {"gateway", "max_body_mb", "largest request body that is passed on", &c.gateway.max_body_mb,
       1, 1'048'576},
      {"workspace", "memory_mb", "address space of one worker", &c.workspace.memory_mb, 256,
       1'048'576},
      {"workspace", "threads", "DuckDB threads of one worker", &c.workspace.threads, 1, 256},
      {"workspace", "query_timeout_ms", "longest query", &c.workspace.query_timeout_ms, 10, kHour},
      {"workspace", "max_rows", "longest answer of a query", &c.workspace.max_rows, 1, 100'000'000},
      {"workspace", "temp_mb", "spill space of one worker", &c.workspace.temp_mb, 0, 1'048'576},
      {"workspace", "idle_stop_seconds", "an unused worker ends", &c.workspace.idle_stop_seconds, 1,
       86'400},
      {"workspace", "max_active", "workers at one time", &c.workspace.max_active, 1, 10'000},
      {"history", "retention_days", "usage reports reach back so far", &c.history.retention_days, 1,
       36'500},
      {"history", "memory_mb", "what usage reports may use", &c.history.memory_mb, 32, 1'048'576},
      {"log", "file", "JSON lines; relative to the data folder", &c.log.file},
      {"log", "level", "debug, info, warning or error", &c.log.level},
      {"log", "access", "a line for each request", &c.log.access},
      {"log", "max_mb", "size at which the file is rotated", &c.log.max_mb, 1, 100'000},
      {"log", "keep", "rotated files kept", &c.log.keep, 1, 1'000},
      {"stripe", "mode", "test-page: the built-in pretend checkout", &c.stripe.mode},
      {"stripe", "secret_key", "not used by the test page; a live key stops the start",
       &c.stripe.secret_key, 0, 0, "STRIPE_SECRET_KEY", true},
      {"stripe", "webhook_secrets",
       "signing secrets of the webhook, newest first; empty in test-page mode: made anew",
       &c.stripe.webhook_secrets, 0, 0, "STRIPE_WEBHOOK_SECRET", true},
  };
}

}  // namespace

std::vector<Setting> settings(Config& c) {
  auto all = server_settings(c);
  std::ranges::move(people_settings(c), std::back_inserter(all));
  std::ranges::move(work_settings(c), std::back_inserter(all));
  return all;
}

namespace {

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return items;
}

struct Assign {
  const Setting& setting;
  std::string_view text;

  std::string operator()(std::string* target) const {
    *target = text;
    return {};
  }
  std::string operator()(std::vector<std::string>* target) const {
    *target = split_list(text);
    return {};
  }
  std::string operator()(bool* target) const {
    if (text != "true" && text != "false")
      return fmt::format("'{}' is neither true nor false", text);
    *target = text == "true";
    return {};
  }
  std::string operator()(std::int64_t* target) const {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end) return fmt::format("'{}' is not a whole number", text);
    if (value < setting.min || value > setting.max)
      return fmt::format("{} is not between {} and {}", value, setting.min, setting.max);
    *target = value;
    return {};
  }
};

}  // namespace

std::string assign(const Setting& setting, std::string_view text) {
  return std::visit(Assign{setting, text}, setting.target);
}

}  // namespace app
