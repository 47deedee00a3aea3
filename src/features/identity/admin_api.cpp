// The routes of operators and of the application beside us.
#include "base/json.hpp"
#include "features/identity/audit_page.hpp"
#include "features/identity/invalid_field.hpp"
#include "features/identity/json_body.hpp"
#include "features/identity/jwt_claims.hpp"
#include "features/identity/shown_name.hpp"
#include "features/identity/team_api.hpp"

namespace identity {
namespace {

using base::Result;
using base::Task;

constexpr std::size_t kMaxSyncedMembers = 1'000;

Result<std::vector<SyncedTeam::Seat>> read_seats(const boost::json::value* listed) {
  const auto wrong = [] {
    return invalid_field("members", R"(is a list of {"id": uuid, "role": "owner"})");
  };
  if (listed == nullptr || !listed->is_array() || listed->get_array().size() > kMaxSyncedMembers)
    return wrong();
  std::vector<SyncedTeam::Seat> seats;
  for (const auto& item : listed->get_array()) {
    if (!item.is_object()) return wrong();
    base::ObjectReader reader(item.get_object());
    const auto subject = parse_uuid(reader.text("id", 36, 36));
    const auto role = parse_role(reader.text("role", 1, 20));
    if (!reader.finish() || !subject || !role) return wrong();
    seats.push_back({.subject = *subject, .role = *role});
  }
  return seats;
}

Task<Result<void>> sync_route(TeamService& teams, http::Exchange& exchange) {
  const auto id = parse_uuid(exchange.path_values[0]);
  if (!id) co_return invalid_field("id", "is no uuid");
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  SyncedTeam team{.id = *id, .name = read_shown_name(reader, 0), .members = {}};
  const auto* const listed = reader.value("members");
  RL_CO_TRY_VOID(reader.finish());
  RL_CO_TRY(team.members, read_seats(listed));
  const auto account = co_await teams.sync(exchange.caller, std::move(team));
  if (!account) co_return std::unexpected(account.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.field("account", account->text());
  out.end_object();
  co_return Result<void>{};
}

Task<Result<void>> deny_route(TeamService& teams, http::Exchange& exchange) {
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  auto session = reader.text("session_id", 1, 128);
  RL_CO_TRY_VOID(reader.finish());
  RL_CO_TRY_VOID(co_await teams.deny_session(exchange.caller, std::move(session)));
  exchange.response.status = 204;
  co_return Result<void>{};
}

void write_entry(base::JsonWriter& out, const AuditEntry& entry) {
  out.begin_object();
  out.field("sequence", entry.sequence);
  out.field("at", base::format_rfc3339(entry.event.at));
  out.field("actor", entry.event.actor);
  out.field("action", entry.event.action);
  out.field("account", entry.event.account);
  out.field("target", entry.event.target);
  out.field("reason", entry.event.reason);
  out.field("address", entry.event.address);
  out.field("previous_hash", entry.previous_hash);
  out.field("hash", entry.hash);
  out.end_object();
}

Task<Result<void>> audit_route(AuditTrail& trail, http::Exchange& exchange) {
  RL_CO_TRY(auto filter, read_audit_page(exchange.request));
  filter.account = exchange.request.query_value("account");
  RL_CO_TRY_VOID(co_await trail.flush());
  const auto entries = co_await trail.entries(filter);
  if (!entries) co_return std::unexpected(entries.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("data");
  out.begin_array();
  for (const auto& entry : *entries) write_entry(out, entry);
  out.end_array();
  out.key("next_cursor");
  if (std::ssize(*entries) < filter.limit)
    out.null();
  else
    out.value(std::to_string(entries->back().sequence));
  out.end_object();
  co_return Result<void>{};
}

}  // namespace

void add_sync_routes(http::Router& router, TeamService& teams) {
  const http::RoutePolicy support{.access = http::Access::operator_only,
                                  .scope = http::Scope::operator_support,
                                  .max_body_bytes = 262'144};
  router.add_async(http::Method::put, "/v1/admin/teams/{id}", support,
                   [&](http::Exchange& exchange) { return sync_route(teams, exchange); });
  router.add_async(http::Method::post, "/v1/admin/denied-sessions", support,
                   [&](http::Exchange& exchange) { return deny_route(teams, exchange); });
}

void add_audit_routes(http::Router& router, AuditTrail& trail) {
  router.add_async(http::Method::get, "/v1/admin/audit",
                   {.access = http::Access::operator_only, .scope = http::Scope::operator_read},
                   [&](http::Exchange& exchange) { return audit_route(trail, exchange); });
}

}  // namespace identity
