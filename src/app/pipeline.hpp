// What surrounds every handler, as one list in one order. The hot path (a cached credential) reads
// memory only: no SQL, no allocation, no lock held across an await.
#pragma once

#include <string>
#include <vector>

#include "app/stream_watch.hpp"
#include "app/traffic.hpp"
#include "base/log.hpp"
#include "features/identity/identity_service.hpp"
#include "features/limits/limiter.hpp"
#include "features/metering/metering_service.hpp"
#include "features/reports/history_service.hpp"
#include "features/workspace/workspace_service.hpp"
#include "http/pipeline.hpp"

namespace app {

// How members of a team are billed who use its time at once.
struct TeamRule {
  bool side_by_side = false;
  std::int32_t at_most = 0;  // so many at a time; 0: as many as there are
};

struct PipelineOptions {
  std::vector<limits::AllowanceSet> plans;   // by Caller::plan
  std::vector<TeamRule> team_rules;          // by Caller::plan
  std::vector<std::string_view> plan_names;  // of the same; they outlive the history
  limits::AllowanceSet anonymous;  // per address, routes that do work without a credential
  limits::AllowanceSet guesses;    // per address, sign-in and the like; also for failed credentials
  std::vector<std::string> cors_origins;
  bool access_lines = true;
};

class Pipeline final : public http::Pipeline {
 public:
  Pipeline(PipelineOptions options, identity::Authenticator& identity, limits::Limiter& limiter,
           metering::MeteringService& metering, workspace::WorkspaceService& workspace,
           reports::HistoryService& history, StreamWatch& streams, Traffic& traffic,
           base::Log& log);

  base::Result<http::Step> before(http::Exchange& exchange) override;
  base::Task<base::Result<http::Step>> before_async(http::Exchange& exchange) override;
  void decorate(http::Exchange& exchange) override;
  void after(http::Exchange& exchange) override;

 private:
  [[nodiscard]] base::Result<http::Step> answer_options(http::Exchange& exchange) const;
  [[nodiscard]] base::Result<void> limit_address(http::Exchange& exchange);
  [[nodiscard]] base::Result<void> limit_failures(http::Exchange& exchange);
  [[nodiscard]] base::Result<void> count_failure(http::Exchange& exchange);
  [[nodiscard]] base::Result<void> check_caller(http::Exchange& exchange);
  [[nodiscard]] base::Result<void> check_origin(const http::Exchange& exchange) const;
  [[nodiscard]] base::Result<http::Step> admit(http::Exchange& exchange);
  [[nodiscard]] base::Result<void> decide(http::Exchange& exchange, const limits::Subject& subject,
                                          const limits::AllowanceSet& allowances);
  [[nodiscard]] static base::Result<void> tell(http::Exchange& exchange,
                                               const limits::Decision& decision,
                                               const limits::AllowanceSet& allowances);
  [[nodiscard]] metering::Member member_of(const http::Caller& caller) const;
  void open_proof(http::Exchange& exchange);
  void record_activity(const http::Exchange& exchange, base::Micros elapsed);
  void write_access_line(const http::Exchange& exchange);

  PipelineOptions options_;
  identity::Authenticator& identity_;
  limits::Limiter& limiter_;
  metering::MeteringService& metering_;
  workspace::WorkspaceService& workspace_;
  reports::HistoryService& history_;
  StreamWatch& streams_;
  Traffic& traffic_;
  base::Log& log_;
};

}  // namespace app
