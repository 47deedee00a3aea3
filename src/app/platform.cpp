#include "app/platform.hpp"
#include "app/low_balance_mail.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/gateway_config.hpp"
#include "app/history.hpp"
#include "app/identity_setup.hpp"
#include "app/page.hpp"
#include "app/trial_key.hpp"
#include "base/task.hpp"
#include "features/billing/billing_api.hpp"
#include "features/gateway/authz_api.hpp"
#include "features/gateway/gateway_api.hpp"
#include "features/identity/identity_api.hpp"
#include "features/identity/plan_change.hpp"
#include "features/ledger/ledger_api.hpp"
#include "features/metering/metering_api.hpp"
#include "features/reports/reports_api.hpp"
#include "features/workspace/workspace_api.hpp"
#include "http/assets.hpp"

namespace app {
namespace {

constexpr auto kTidyEvery = std::chrono::seconds{5};
// Grants expire in the journal a little late, so that the last settlement of use before the expiry
// still finds them.
constexpr auto kExpiryGrace = std::chrono::seconds{5};

std::string make_webhook_secret(base::Random& random) {
  return fmt::format("whsec_{:016x}{:016x}", random.next_u64(), random.next_u64());
}

http::ServerOptions server_options(const ServerConfig& config) {
  http::ServerOptions options;
  options.listen = config.listen;
  options.threads = static_cast<int>(config.threads);
  options.trusted_proxies = config.trusted_proxies;
  options.tls_certificate = config.tls_certificate;
  options.tls_key = config.tls_key;
  options.max_connections = static_cast<std::size_t>(config.max_connections);
  options.header_timeout_ms = static_cast<int>(config.header_timeout_ms);
  options.body_timeout_ms = static_cast<int>(config.body_timeout_ms);
  options.idle_timeout_ms = static_cast<int>(config.idle_timeout_ms);
  options.max_header_bytes = static_cast<std::size_t>(config.max_header_bytes);
  options.max_body_bytes = static_cast<std::size_t>(config.max_body_bytes);
  options.drain_seconds = static_cast<int>(config.drain_seconds);
  return options;
}

TeamRule team_rule(const PlanConfig& plan, const ledger::Tariff& tariff) {
  const auto own = ledger::parse_concurrency(plan.concurrency);
  const auto rule = own.value_or(tariff.concurrency);
  if (rule != ledger::Concurrency::max_n)
    return {.side_by_side = rule == ledger::Concurrency::per_user};
  return {.side_by_side = true,
          .at_most = own ? static_cast<std::int32_t>(plan.max_parallel) : tariff.max_parallel};
}

}  // namespace

base::Result<std::unique_ptr<Platform>> Platform::open(Config config, const std::string& data) {
  std::unique_ptr<Platform> platform(new Platform);
  RL_TRY(platform->store_, open_store(std::move(config), data));
  RL_TRY_VOID(base::block_on(platform->store_->ledger->load_tariffs(true)));
  RL_TRY_VOID(platform->build());
  return platform;
}

Platform::~Platform() = default;

base::Result<void> Platform::build() {
  const auto& config = store_->config;
  timers_ = std::make_unique<base::ThreadTimers>(store_->clock);
  metering_ = std::make_unique<metering::MeteringService>(
      *store_->ledger, store_->clock, *store_->log,
      metering::MeteringOptions{.settle_interval =
                                    base::Millis{config.metering.settle_interval_ms}});
  history_ = std::make_unique<reports::HistoryService>(history_options(*store_), *store_->database,
                                                       store_->clock, *timers_, *store_->log);
  limiter_ = std::make_unique<limits::Limiter>(store_->random);
  RL_TRY_VOID(build_identity());
  build_workspace();
  RL_TRY_VOID(build_pipeline());
  server_ = std::make_unique<http::Server>(server_options(config.server), router_, *pipeline_,
                                           store_->clock, store_->random, *store_->log);
  // Before billing: its pages name the address, and with port 0 only the socket knows it.
  RL_TRY_VOID(server_->listen());
  RL_TRY_VOID(build_billing());
  RL_TRY_VOID(build_gateway());
  add_routes();
  return base::block_on(workspace_->recover());
}

base::Result<void> Platform::build_identity() {
  const auto& config = store_->config;
  RL_TRY(auto options, identity_options(config, *store_->folder));
  identity::IdentityHooks hooks;
  hooks.account_created = [this, hours = config.plans.front().trial_hours](
                              sql::OperatorTx& tx, base::AccountId account,
                              base::Instant now) -> base::Result<void> {
    if (hours == 0) return {};
    const auto issued =
        store_->ledger->issue_grant(tx,
                                    {.account = account,
                                     .kind = ledger::GrantKind::trial,
                                     .amount = std::chrono::hours{hours},
                                     .priority = 10,
                                     .expires_at = {},
                                     .business_key = trial_key(tx, store_->random, account),
                                     .reason = "Trial time of a new account",
                                     .actor = "system"},
                                    now);
    if (!issued) return std::unexpected(issued.error());
    return {};
  };
  hooks.account_forgotten = [this](sql::OperatorTx& tx, base::AccountId account) {
    store_->ledger->forget_warnings(tx, account);
  };
  hooks.account_emptied = [this](base::AccountId account) {
    background_.post([this, account] {
      base::start(empty_workspace(*workspace_, *store_->folder, *store_->log, account));
    });
  };
  if (has_mail(config.mail)) {
    mailer_ = std::make_unique<notify::Mailer>(mailer_options(config.mail, *store_->folder),
                                               *store_->database, store_->clock, *store_->log);
    hooks.queue_mail = [this](sql::OperatorTx& tx, const identity::Letter& letter,
                              base::Instant now) {
      notify::queue_mail(tx, {.to = letter.to, .subject = letter.subject, .text = letter.text},
                         store_->random, now);
    };
  }
  store_->ledger->on_low_balance(
      [this, url = options.public_url, by_mail = has_mail(config.mail)](
          sql::OperatorTx& tx, const ledger::LowBalance& warning, base::Instant now) {
        if (by_mail && warning.mail) mail_low_balance(tx, warning, url, store_->random, now);
      });
  directory_ = std::make_unique<identity::AccountDirectory>(*store_->database);
  RL_TRY(identity_,
         identity::IdentityService::open(std::move(options), std::move(hooks), *store_->database,
                                         store_->clock, store_->random, *store_->log));
  return {};
}

void Platform::build_workspace() {
  const auto& config = store_->config.workspace;
  workspace::WorkspaceOptions options;
  options.data_folder = store_->folder->path();
  options.memory_mb = static_cast<int>(config.memory_mb);
  options.threads = static_cast<int>(config.threads);
  options.temp_mb = static_cast<int>(config.temp_mb);
  options.query_timeout_ms = static_cast<int>(config.query_timeout_ms);
  options.max_rows = config.max_rows;
  options.idle_stop_seconds = static_cast<int>(config.idle_stop_seconds);
  options.max_active = static_cast<int>(config.max_active);
  for (const auto& plan : store_->config.plans)
    options.plans.push_back({.storage_bytes = plan.storage_mb << 20U,
                             .max_upload_bytes = plan.max_upload_mb << 20U,
                             .concurrent_queries = static_cast<int>(plan.concurrent_queries)});
  workspace_ = std::make_unique<workspace::WorkspaceService>(
      std::move(options), *store_->database, store_->clock, store_->random, *timers_, *store_->log);
}

base::Result<void> Platform::build_billing() {
  const auto& config = store_->config;
  billing_options_ = std::make_unique<billing::BillingOptions>();
  auto& options = *billing_options_;
  RL_TRY(options.mode, billing::parse_payment_mode(config.stripe.mode));
  options.public_url = config.server.public_url.empty() ? address() : config.server.public_url;
  options.listen = config.server.listen;
  options.secret_key = config.stripe.secret_key;
  options.webhook_secrets = config.stripe.webhook_secrets;
  // The test page signs its own events: without a configured secret it gets one that lives as long
  // as this process.
  if (options.webhook_secrets.empty())
    options.webhook_secrets.push_back(make_webhook_secret(store_->random));
  for (const auto& pack : config.packs)
    options.packs.push_back({.sku = pack.sku,
                             .hours = pack.hours,
                             .price = pack.price,
                             .expires_days = pack.expires_days});
  const auto buyers = std::ranges::find(config.plans, true, &PlanConfig::for_buyers);
  if (buyers != config.plans.end())
    options.on_bought = [this, from = config.plans.front().id, to = buyers->id](
                            sql::OperatorTx& tx, base::AccountId account) -> base::Result<void> {
      if (from != to && identity::change_plan(tx, account, from, to))
        tx.after_commit([this, account] { identity_->authenticator().forget_account(account); });
      return {};
    };
  for (const auto& plan : config.plans)
    options.plans.push_back({.id = plan.id,
                             .name = plan.name,
                             .requests = plan.requests,
                             .storage_mb = plan.storage_mb,
                             .max_upload_mb = plan.max_upload_mb,
                             .concurrent_queries = plan.concurrent_queries,
                             .trial_hours = plan.trial_hours});
  RL_TRY_VOID(billing::check_options(options));
  RL_TRY_VOID(billing::check_test_mode(options));
  checkout_ = std::make_unique<billing::TestCheckout>(
      *store_->database, store_->clock, store_->random, options, [this] { return address(); });
  billing_ = std::make_unique<billing::BillingService>(*store_->database, *store_->ledger,
                                                       *checkout_, store_->clock, store_->random,
                                                       *store_->log, options);
  return {};
}

base::Result<void> Platform::build_gateway() {
  RL_TRY(gateway_, gateway::GatewayService::open(gateway_options(store_->config), store_->clock,
                                                 *store_->log));
  return {};
}

base::Result<void> Platform::build_pipeline() {
  const auto& config = store_->config;
  PipelineOptions options;
  for (const auto& plan : config.plans) {
    RL_TRY(auto allowances, limits::AllowanceSet::parse(plan.requests));
    options.plans.push_back(std::move(allowances));
    options.plan_names.emplace_back(plan.id);
    options.team_rules.push_back(team_rule(plan, store_->ledger->tariff()));
  }
  RL_TRY(options.anonymous, limits::AllowanceSet::parse(config.anonymous_limits));
  RL_TRY(options.guesses, limits::AllowanceSet::parse(config.guess_limits));
  options.cors_origins = config.server.cors_origins;
  options.access_lines = config.log.access;
  streams_ = std::make_unique<StreamWatch>(identity_->authenticator(), store_->clock, *timers_,
                                           background_);
  pipeline_ = std::make_unique<Pipeline>(std::move(options), identity_->authenticator(), *limiter_,
                                         *metering_, *workspace_, *history_, *streams_, traffic_,
                                         *store_->log);
  return {};
}

void Platform::add_routes() {
  system_ = std::make_unique<SystemParts>(
      SystemParts{store_->clock, *store_->log, traffic_, *gateway_, *store_->database, *metering_,
                  *workspace_, *billing_, *identity_, *history_, *server_, store_->clock.now()});
  add_system_routes(router_, *system_);
  identity::add_routes(router_, *identity_);
  identity::add_operator_routes(router_, *directory_);
  metering::add_routes(router_, *metering_, *store_->ledger, *timers_, store_->clock);
  ledger::add_routes(router_, *store_->ledger,
                     [this](base::AccountId account) { return directory_->exists(account); });
  billing::add_routes(router_, *billing_);
  checkout_->add_routes(router_);
  reports::add_routes(router_, *history_);
  workspace::add_routes(router_, *workspace_, *timers_, store_->clock);
  gateway::add_authz_routes(router_, gateway_->options().plans);
  gateway::add_routes(router_, *gateway_);
  if (!gives_root_away(store_->config)) http::add_asset_routes(router_, page_files());
  router_.compile();
}

std::string Platform::address() const { return server_->address(); }

void Platform::schedule_tidy() {
  timers_->at(store_->clock.now() + kTidyEvery, background_, [this] {
    if (!stopping_) base::start(tidy());
  });
}

base::Task<void> Platform::tidy() {
  const auto expired = co_await store_->ledger->expire_due(store_->clock.now() - kExpiryGrace);
  if (!expired) store_->log->error("expiry_failed", {{"detail", expired.error().detail}});
  co_await identity_->renew_keys();
  if (mailer_) co_await mailer_->step();
  const auto audited = co_await identity_->audit().flush();
  if (!audited) store_->log->error("audit_failed", {{"detail", audited.error().detail}});
  const auto removed = co_await identity_->remove_expired();
  if (!removed) store_->log->error("session_cleanup_failed", {{"detail", removed.error().detail}});
  schedule_tidy();
}

base::Result<void> Platform::run() {
  metering_->start(*timers_, background_);
  history_->start();
  streams_->start();
  // At once: what fell due while nothing ran is not left until the first turn.
  background_.post([this] { base::start(tidy()); });
  store_->log->info("started", {{"address", address()}, {"data", store_->folder->path()}});
  server_->run();
  // Nothing new comes in. What is under way in the background ends, then the rest is settled; the
  // writer's queue is first in, first out, so every earlier command is done when that returns.
  streams_->stop();
  metering_->stop();
  workspace_->stop();
  const auto audited = base::block_on(identity_->audit().flush());
  if (!audited) store_->log->error("audit_failed", {{"detail", audited.error().detail}});
  const auto settled = base::block_on(metering_->settle_all(store_->clock.now()));
  history_->stop();  // after the last settlement, so that the runs it closed are in
  background_.stop();
  // What was left behind there and is still in the writer's queue uses services: they may go only
  // when it is done, whether or not there was something to settle.
  const auto drained = base::block_on(store_->database->write_operator<void>(
      [](sql::OperatorTx&) -> base::Result<void> { return {}; }));
  if (!drained) store_->log->error("drain_failed", {{"detail", drained.error().detail}});
  store_->log->info("stopped", {{"settled", settled.has_value()}});
  store_->log->flush();
  return settled;
}

void Platform::stop() {
  stopping_ = true;
  server_->stop();
}

}  // namespace app
