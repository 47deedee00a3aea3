#include "features/identity/team_api.hpp"

#include "base/json.hpp"
#include "features/identity/invalid_field.hpp"
#include "features/identity/json_body.hpp"
#include "features/identity/shown_name.hpp"

namespace identity {
namespace {

using base::Result;
using base::Task;

void write_team(base::JsonWriter& out, const AccountView& account) {
  out.begin_object();
  out.field("id", account.id.text());
  out.field("plan", account.plan);
  out.field("role", role_name(account.role));
  out.field("name", account.name);
  out.end_object();
}

void write_invitation(base::JsonWriter& out, const Invitation& invitation,
                      const std::optional<std::string>& token) {
  out.begin_object();
  out.field("id", invitation.id);
  out.field("email", invitation.email_folded);
  out.field("role", role_name(invitation.role));
  out.field("expires_at", base::format_rfc3339(invitation.expires_at));
  if (token) out.field("token", *token);
  out.end_object();
}

Result<Role> role_of_text(const std::string& text) {
  const auto role = parse_role(text);
  if (!role) return invalid_field("role", "is owner, admin, member or billing");
  return *role;
}

Result<base::UserId> user_of(const http::Exchange& exchange) {
  const auto id = base::UserId::parse(exchange.path_values[0]);
  if (!id) return base::fail(base::ErrorCode::not_found, "not_found", "There is no such member.");
  return *id;
}

Task<Result<void>> create_team_route(TeamService& teams, http::Exchange& exchange) {
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  auto name = read_shown_name(reader, 1);
  RL_CO_TRY_VOID(reader.finish());
  const auto team = co_await teams.create(exchange.caller, std::move(name));
  if (!team) co_return std::unexpected(team.error());
  exchange.response.status = 201;
  base::JsonWriter out(exchange.response.body);
  write_team(out, *team);
  co_return Result<void>{};
}

Task<Result<void>> roster_route(TeamService& teams, http::Exchange& exchange) {
  const auto roster = co_await teams.roster(exchange.caller.account);
  if (!roster) co_return std::unexpected(roster.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("data");
  out.begin_array();
  for (const auto& member : roster->members) {
    out.begin_object();
    out.field("id", member.user.text());
    out.field("email", member.email);
    out.field("role", role_name(member.role));
    out.field("since", base::format_rfc3339(member.since));
    out.end_object();
  }
  out.end_array();
  out.key("invitations");
  out.begin_array();
  for (const auto& invitation : roster->invitations)
    write_invitation(out, invitation, std::nullopt);
  out.end_array();
  out.end_object();
  co_return Result<void>{};
}

Task<Result<void>> invite_route(TeamService& teams, http::Exchange& exchange) {
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  auto email = reader.text("email", 3, 254);
  const auto word = reader.text("role", 1, 20);
  RL_CO_TRY_VOID(reader.finish());
  RL_CO_TRY(const auto role, role_of_text(word));
  const auto sent = co_await teams.invite(exchange.caller, std::move(email), role);
  if (!sent) co_return std::unexpected(sent.error());
  exchange.response.status = 201;
  exchange.response.header("Cache-Control", "no-store");
  base::JsonWriter out(exchange.response.body);
  write_invitation(out, sent->invitation, sent->token);
  co_return Result<void>{};
}

Task<Result<void>> withdraw_route(TeamService& teams, http::Exchange& exchange) {
  RL_CO_TRY_VOID(co_await teams.withdraw(exchange.caller, std::string(exchange.path_values[0])));
  exchange.response.status = 204;
  co_return Result<void>{};
}

Task<Result<void>> accept_route(TeamService& teams, http::Exchange& exchange) {
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  auto token = reader.text("token", 1, 128);
  RL_CO_TRY_VOID(reader.finish());
  const auto team = co_await teams.accept(exchange.caller, std::move(token));
  if (!team) co_return std::unexpected(team.error());
  base::JsonWriter out(exchange.response.body);
  write_team(out, *team);
  co_return Result<void>{};
}

Task<Result<void>> set_role_route(TeamService& teams, http::Exchange& exchange) {
  RL_CO_TRY(const auto user, user_of(exchange));
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  const auto word = reader.text("role", 1, 20);
  RL_CO_TRY_VOID(reader.finish());
  RL_CO_TRY(const auto role, role_of_text(word));
  RL_CO_TRY_VOID(co_await teams.set_role(exchange.caller, user, role));
  exchange.response.status = 204;
  co_return Result<void>{};
}

Task<Result<void>> remove_member_route(TeamService& teams, http::Exchange& exchange) {
  RL_CO_TRY(const auto user, user_of(exchange));
  RL_CO_TRY_VOID(co_await teams.remove(exchange.caller, user));
  exchange.response.status = 204;
  co_return Result<void>{};
}

}  // namespace

void add_team_routes(http::Router& router, TeamService& teams) {
  using http::Method;
  const http::RoutePolicy own{.access = http::Access::signed_in, .max_body_bytes = 16'384};
  auto manage = own;
  manage.scope = http::Scope::team;
  router.add_async(Method::post, "/v1/teams", own,
                   [&](http::Exchange& exchange) { return create_team_route(teams, exchange); });
  router.add_async(Method::get, "/v1/members", own,
                   [&](http::Exchange& exchange) { return roster_route(teams, exchange); });
  router.add_async(Method::put, "/v1/members/{user}", manage,
                   [&](http::Exchange& exchange) { return set_role_route(teams, exchange); });
  router.add_async(Method::del, "/v1/members/{user}", own,
                   [&](http::Exchange& exchange) { return remove_member_route(teams, exchange); });
  router.add_async(Method::post, "/v1/invitations", manage,
                   [&](http::Exchange& exchange) { return invite_route(teams, exchange); });
  router.add_async(Method::del, "/v1/invitations/{id}", manage,
                   [&](http::Exchange& exchange) { return withdraw_route(teams, exchange); });
  router.add_async(Method::post, "/v1/invitations/accept", own,
                   [&](http::Exchange& exchange) { return accept_route(teams, exchange); });
}

}  // namespace identity
