// All services of a serving process, made in order and ended in reverse.
#pragma once

#include <atomic>
#include <memory>

#include "app/pipeline.hpp"
#include "app/store.hpp"
#include "app/system_api.hpp"
#include "app/traffic.hpp"
#include "base/timers.hpp"
#include "features/billing/billing_service.hpp"
#include "features/billing/test_checkout.hpp"
#include "features/gateway/gateway_service.hpp"
#include "features/identity/account_directory.hpp"
#include "features/identity/identity_service.hpp"
#include "features/limits/limiter.hpp"
#include "features/metering/metering_service.hpp"
#include "features/notify/mailer.hpp"
#include "features/reports/history_service.hpp"
#include "features/workspace/workspace_service.hpp"
#include "http/background_loop.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

namespace app {

class Platform {
 public:
  // Opens the data folder and builds everything up to a listening socket. Errors are for the
  // terminal.
  [[nodiscard]] static base::Result<std::unique_ptr<Platform>> open(Config config,
                                                                    const std::string& data);
  ~Platform();

  // Blocks until stop(): serves, then drains, settles and ends the workers. An error names what
  // could not be settled.
  [[nodiscard]] base::Result<void> run();
  void stop();
  // `work` runs once on the background loop as soon as run() serves.
  void when_running(std::move_only_function<void()> work) { background_.post(std::move(work)); }

  [[nodiscard]] std::string address() const;
  [[nodiscard]] identity::IdentityService& identity() { return *identity_; }
  [[nodiscard]] workspace::WorkspaceService& workspace() { return *workspace_; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] const http::Router& router() const { return router_; }

 private:
  Platform() = default;
  [[nodiscard]] base::Result<void> build();
  [[nodiscard]] base::Result<void> build_identity();
  [[nodiscard]] base::Result<void> build_billing();
  [[nodiscard]] base::Result<void> build_gateway();
  void build_workspace();
  [[nodiscard]] base::Result<void> build_pipeline();
  void add_routes();
  void start_background();
  void schedule_tidy();
  base::Task<void> tidy();

  http::BackgroundLoop background_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<base::ThreadTimers> timers_;
  Traffic traffic_;
  std::unique_ptr<metering::MeteringService> metering_;
  std::unique_ptr<notify::Mailer> mailer_;  // null: mail is off
  std::unique_ptr<reports::HistoryService> history_;
  std::unique_ptr<identity::IdentityService> identity_;
  std::unique_ptr<identity::AccountDirectory> directory_;
  std::unique_ptr<StreamWatch> streams_;
  std::unique_ptr<limits::Limiter> limiter_;
  std::unique_ptr<billing::BillingOptions> billing_options_;
  std::unique_ptr<billing::TestCheckout> checkout_;
  std::unique_ptr<billing::BillingService> billing_;
  std::unique_ptr<gateway::GatewayService> gateway_;
  std::unique_ptr<workspace::WorkspaceService> workspace_;
  http::Router router_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<SystemParts> system_;
  std::unique_ptr<http::Server> server_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace app
