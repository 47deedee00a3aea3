#include "features/identity/identity_api.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "features/identity/api_key_api.hpp"
#include "features/identity/credential.hpp"
#include "features/identity/json_body.hpp"
#include "features/identity/team_api.hpp"
#include "features/identity/user_api.hpp"

namespace identity {
namespace {

using base::Result;
using base::Task;

constexpr std::size_t kMaxBody = 16'384;

Visitor visitor_of(const http::Request& request) {
  constexpr std::size_t kMaxAgent = 200;
  return {.address = std::string(request.peer_address),
          .agent = std::string(request.header("User-Agent").value_or("").substr(0, kMaxAgent))};
}

Result<Credentials> read_credentials(const http::Request& request) {
  RL_TRY(const auto body, read_json_body(request));
  base::ObjectReader reader(body);
  Credentials credentials{.email = reader.text("email", 3, 254),
                          .password = reader.text("password", 1, 1'024),
                          .code = reader.optional_text("code", 6, 64),
                          .visitor = visitor_of(request)};
  RL_TRY_VOID(reader.finish());
  return credentials;
}

void write_user(base::JsonWriter& out, const UserView& user) {
  out.begin_object();
  out.field("id", user.id.text());
  out.field("email", user.email);
  out.field("email_verified", user.email_verified);
  out.end_object();
}

void write_account(base::JsonWriter& out, const AccountView& account) {
  out.begin_object();
  out.field("id", account.id.text());
  out.field("plan", account.plan);
  if (!account.external_id.empty()) out.field("external_id", account.external_id);
  out.field("role", role_name(account.role));
  if (account.is_team) out.field("name", account.name);
  out.end_object();
}

void write_plan(base::JsonWriter& out, const PlanOption& plan) {
  out.begin_object();
  out.field("id", plan.id);
  out.field("name", plan.name);
  out.key("limits");
  out.begin_object();
  out.key("requests");
  out.begin_array();
  for (const auto& allowance : plan.requests) out.value(allowance);
  out.end_array();
  out.field("storage_mb", plan.storage_mb);
  out.field("max_upload_mb", plan.max_upload_mb);
  out.field("concurrent_queries", plan.concurrent_queries);
  out.end_object();
  out.end_object();
}

void set_cookie(http::Response& response, const IdentityOptions& options, std::string_view token,
                std::chrono::seconds lifetime) {
  std::string cookie(kSessionCookie);
  cookie += '=';
  cookie += token;
  cookie += "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(lifetime.count());
  if (options.secure_cookies) cookie += "; Secure";
  response.header("Set-Cookie", cookie);
}

void render_signed_in(http::Response& response, const IdentityOptions& options,
                      const SignedIn& signed_in) {
  response.header("Cache-Control", "no-store");
  if (!signed_in.session_token.empty())
    set_cookie(response, options, signed_in.session_token, signed_in.session_ttl);
  base::JsonWriter out(response.body);
  out.begin_object();
  out.key("user");
  write_user(out, signed_in.user);
  out.key("account");
  write_account(out, signed_in.account);
  out.field("access_token", signed_in.access_token);
  out.field("refresh_token", signed_in.refresh_token);
  out.field("token_type", "Bearer");
  out.field("expires_in", signed_in.expires_in.count());
  out.end_object();
}

Task<Result<void>> register_route(IdentityService& service, http::Exchange& exchange) {
  auto credentials = read_credentials(exchange.request);
  if (!credentials) co_return std::unexpected(std::move(credentials.error()));
  const auto email = credentials->email;
  const auto made = co_await service.register_account(std::move(*credentials));
  if (!made) co_return std::unexpected(made.error());
  exchange.response.status = 201;
  if (*made) {
    render_signed_in(exchange.response, service.options(), **made);
    co_return Result<void>{};
  }
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.field("verification_required", true);
  out.field("email", email);
  out.end_object();
  co_return Result<void>{};
}

Task<Result<void>> login_route(IdentityService& service, http::Exchange& exchange) {
  auto credentials = read_credentials(exchange.request);
  if (!credentials) co_return std::unexpected(std::move(credentials.error()));
  const auto entered = co_await service.login(std::move(*credentials));
  if (!entered) co_return std::unexpected(entered.error());
  render_signed_in(exchange.response, service.options(), *entered);
  co_return Result<void>{};
}

Result<std::string> read_refresh_token(const http::Request& request) {
  RL_TRY(const auto body, read_json_body(request));
  base::ObjectReader reader(body);
  auto token = reader.text("refresh_token", 1, 512);
  RL_TRY_VOID(reader.finish());
  return token;
}

Task<Result<void>> refresh_route(IdentityService& service, http::Exchange& exchange) {
  auto token = read_refresh_token(exchange.request);
  if (!token) co_return std::unexpected(std::move(token.error()));
  const auto renewed = co_await service.refresh(std::move(*token));
  if (!renewed) co_return std::unexpected(renewed.error());
  render_signed_in(exchange.response, service.options(), *renewed);
  co_return Result<void>{};
}

Task<Result<void>> logout_route(IdentityService& service, http::Exchange& exchange) {
  const auto found = find_credential(exchange.request);
  std::string bearer(found.kind == CredentialKind::bearer ? found.token : std::string_view{});
  const auto left = co_await service.logout(exchange.caller, std::move(bearer));
  if (!left) co_return std::unexpected(left.error());
  exchange.notes.signed_out = true;
  exchange.response.status = 204;
  exchange.response.header("Cache-Control", "no-store");
  if (found.kind == CredentialKind::cookie)
    set_cookie(exchange.response, service.options(), "", std::chrono::seconds{0});
  co_return Result<void>{};
}

Task<Result<void>> session_route(IdentityService& service, http::Exchange& exchange) {
  const auto view = co_await service.session(exchange.caller);
  if (!view) co_return std::unexpected(view.error());
  const auto found = find_credential(exchange.request);
  std::optional<std::string> csrf;
  if (found.kind == CredentialKind::cookie) csrf = IdentityService::csrf_token(found.token);
  exchange.response.header("Cache-Control", "no-store");
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("user");
  write_user(out, view->user);
  out.key("account");
  write_account(out, view->account);
  out.key("accounts");
  out.begin_array();
  for (const auto& account : view->accounts) write_account(out, account);
  out.end_array();
  out.key("plan");
  write_plan(out, *view->plan);
  out.key("roles");
  out.begin_array();
  if (view->user.operator_role != OperatorRole::none) {
    out.value("operator");
    out.value(role_name(view->user.operator_role));
  }
  out.end_array();
  out.field("second_factor", view->second_factor);
  out.field("csrf_token", csrf);
  out.field("test_mode", service.options().test_mode);
  out.end_object();
  co_return Result<void>{};
}

}  // namespace

void add_routes(http::Router& router, IdentityService& service) {
  const http::RoutePolicy guess{
      .access = http::Access::open, .cost = http::CostClass::guess, .max_body_bytes = kMaxBody};
  const http::RoutePolicy own{.access = http::Access::signed_in, .max_body_bytes = kMaxBody};
  router.add_async(http::Method::post, "/v1/auth/register", guess,
                   [&](http::Exchange& exchange) { return register_route(service, exchange); });
  router.add_async(http::Method::post, "/v1/auth/login", guess,
                   [&](http::Exchange& exchange) { return login_route(service, exchange); });
  router.add_async(http::Method::post, "/v1/auth/refresh", guess,
                   [&](http::Exchange& exchange) { return refresh_route(service, exchange); });
  router.add_async(http::Method::post, "/v1/auth/logout", own,
                   [&](http::Exchange& exchange) { return logout_route(service, exchange); });
  router.add_async(http::Method::get, "/v1/session", own,
                   [&](http::Exchange& exchange) { return session_route(service, exchange); });
  add_user_routes(router, service.profile());
  add_recovery_routes(router, service.recovery());
  add_key_routes(router, service.keys());
  add_team_routes(router, service.teams());
  add_sync_routes(router, service.teams());
  add_audit_routes(router, service.audit());
  router.get("/.well-known/jwks.json",
             {.access = http::Access::open, .cost = http::CostClass::free},
             [&](http::Exchange& exchange) -> Result<void> {
               exchange.response.header("Cache-Control", "public, max-age=300");
               exchange.response.body += service.jwks();
               return {};
             });
}

}  // namespace identity
