// Health and metrics: what the operator and a load balancer look at.
#pragma once

#include "app/traffic.hpp"
#include "base/clock.hpp"
#include "features/billing/billing_service.hpp"
#include "features/gateway/gateway_service.hpp"
#include "features/identity/identity_service.hpp"
#include "features/metering/metering_service.hpp"
#include "features/reports/history_service.hpp"
#include "features/workspace/workspace_service.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "sql/database.hpp"

namespace app {

// Everything outlives the router.
struct SystemParts {
  const base::Clock& clock;
  const base::Log& log;
  const Traffic& traffic;
  const gateway::GatewayService& gateway;
  const sql::Database& database;
  const metering::MeteringService& metering;
  const workspace::WorkspaceService& workspace;
  billing::BillingService& billing;
  identity::IdentityService& identity;
  const reports::HistoryService& history;
  const http::Server& server;
  base::Instant started;
};

// GET /health, /health/live, /health/ready (open) and /metrics (operator role, or from loopback).
void add_system_routes(http::Router& router, const SystemParts& parts);

}  // namespace app
