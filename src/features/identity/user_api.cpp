#include "features/identity/user_api.hpp"

#include "base/json.hpp"
#include "features/identity/audit_page.hpp"
#include "features/identity/json_body.hpp"

namespace identity {
namespace {

using base::Result;
using base::Task;

Proof read_proof(base::ObjectReader& reader, const http::Request& request,
                 std::string_view password_name = "password") {
  return {.password = reader.text(password_name, 1, 1'024),
          .code = reader.optional_text("code", 6, 64),
          .address = std::string(request.peer_address)};
}

// A body of nothing but the proof.
Result<Proof> read_only_proof(const http::Request& request) {
  RL_TRY(const auto body, read_json_body(request));
  base::ObjectReader reader(body);
  auto proof = read_proof(reader, request);
  RL_TRY_VOID(reader.finish());
  return proof;
}

Task<Result<void>> no_content(http::Exchange& exchange, Task<Result<void>> work) {
  RL_CO_TRY_VOID(co_await std::move(work));
  exchange.response.status = 204;
  exchange.response.header("Cache-Control", "no-store");
  co_return Result<void>{};
}

Task<Result<void>> password_route(ProfileService& profile, http::Exchange& exchange) {
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  auto proof = read_proof(reader, exchange.request, "current_password");
  auto password = reader.text("password", 1, 1'024);
  RL_CO_TRY_VOID(reader.finish());
  auto done = co_await no_content(
      exchange, profile.change_password(exchange.caller, std::move(proof), std::move(password)));
  co_return done;
}

Task<Result<void>> email_route(ProfileService& profile, http::Exchange& exchange) {
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  auto proof = read_proof(reader, exchange.request);
  auto email = reader.text("email", 3, 254);
  RL_CO_TRY_VOID(reader.finish());
  auto done = co_await no_content(
      exchange, profile.change_email(exchange.caller, std::move(proof), std::move(email)));
  co_return done;
}

Task<Result<void>> sessions_route(ProfileService& profile, http::Exchange& exchange) {
  const auto sessions = co_await profile.sessions(exchange.caller);
  if (!sessions) co_return std::unexpected(sessions.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("data");
  out.begin_array();
  for (const auto& session : *sessions) {
    out.begin_object();
    out.field("id", session.id.text());
    out.field("current", session.id == exchange.caller.session);
    out.field("created_at", base::format_rfc3339(session.created_at));
    out.field("expires_at", base::format_rfc3339(session.expires_at));
    out.key("last_seen_at");
    if (session.last_seen_at)
      out.value(base::format_rfc3339(*session.last_seen_at));
    else
      out.null();
    out.field("address", session.address);
    out.field("agent", session.agent);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  co_return Result<void>{};
}

// Without the hashes: what they prove is for who has the whole log.
Task<Result<void>> log_route(ProfileService& profile, http::Exchange& exchange) {
  RL_CO_TRY(auto filter, read_audit_page(exchange.request));
  const int limit = filter.limit;
  const auto entries = co_await profile.security_log(exchange.caller, std::move(filter));
  if (!entries) co_return std::unexpected(entries.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("data");
  out.begin_array();
  for (const auto& entry : *entries) {
    out.begin_object();
    out.field("sequence", entry.sequence);
    out.field("at", base::format_rfc3339(entry.event.at));
    out.field("action", entry.event.action);
    out.field("account", entry.event.account);
    out.field("target", entry.event.target);
    out.field("reason", entry.event.reason);
    out.field("address", entry.event.address);
    out.end_object();
  }
  out.end_array();
  out.key("next_cursor");
  if (std::ssize(*entries) < limit)
    out.null();
  else
    out.value(std::to_string(entries->back().sequence));
  out.end_object();
  co_return Result<void>{};
}

Task<Result<void>> end_session_route(ProfileService& profile, http::Exchange& exchange) {
  const auto id = base::SessionId::parse(exchange.path_values[0]);
  if (!id)
    co_return base::fail(base::ErrorCode::not_found, "not_found", "There is no such session.");
  auto done = co_await no_content(exchange, profile.end_session(exchange.caller, *id));
  exchange.notes.signed_out = done.has_value();
  co_return done;
}

Task<Result<void>> end_all_route(ProfileService& profile, http::Exchange& exchange) {
  auto done = co_await no_content(exchange, profile.end_all_sessions(exchange.caller));
  exchange.notes.signed_out = done.has_value();
  co_return done;
}

Task<Result<void>> start_factor_route(ProfileService& profile, http::Exchange& exchange) {
  RL_CO_TRY(auto proof, read_only_proof(exchange.request));
  const auto factor = co_await profile.start_factor(exchange.caller, std::move(proof));
  if (!factor) co_return std::unexpected(factor.error());
  exchange.response.header("Cache-Control", "no-store");
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.field("secret", factor->secret);
  out.field("uri", factor->uri);
  out.end_object();
  co_return Result<void>{};
}

Task<Result<void>> confirm_factor_route(ProfileService& profile, http::Exchange& exchange) {
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  auto code = reader.text("code", 6, 6);
  RL_CO_TRY_VOID(reader.finish());
  const auto codes = co_await profile.confirm_factor(exchange.caller, std::move(code));
  if (!codes) co_return std::unexpected(codes.error());
  exchange.response.header("Cache-Control", "no-store");
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("recovery_codes");
  out.begin_array();
  for (const auto& recovery : *codes) out.value(recovery);
  out.end_array();
  out.end_object();
  co_return Result<void>{};
}

Task<Result<void>> stop_factor_route(ProfileService& profile, http::Exchange& exchange) {
  RL_CO_TRY(auto proof, read_only_proof(exchange.request));
  auto done = co_await no_content(exchange, profile.stop_factor(exchange.caller, std::move(proof)));
  co_return done;
}

Task<Result<void>> delete_route(ProfileService& profile, http::Exchange& exchange) {
  RL_CO_TRY(auto proof, read_only_proof(exchange.request));
  auto done = co_await no_content(exchange, profile.delete_user(exchange.caller, std::move(proof)));
  co_return done;
}

}  // namespace

void add_user_routes(http::Router& router, ProfileService& profile) {
  using http::Method;
  const http::RoutePolicy own{.access = http::Access::signed_in, .max_body_bytes = 16'384};
  router.add_async(Method::put, "/v1/user/password", own,
                   [&](http::Exchange& exchange) { return password_route(profile, exchange); });
  router.add_async(Method::put, "/v1/user/email", own,
                   [&](http::Exchange& exchange) { return email_route(profile, exchange); });
  router.add_async(Method::get, "/v1/user/sessions", own,
                   [&](http::Exchange& exchange) { return sessions_route(profile, exchange); });
  router.add_async(Method::get, "/v1/user/log", own,
                   [&](http::Exchange& exchange) { return log_route(profile, exchange); });
  router.add_async(Method::del, "/v1/user/sessions", own,
                   [&](http::Exchange& exchange) { return end_all_route(profile, exchange); });
  router.add_async(Method::del, "/v1/user/sessions/{id}", own,
                   [&](http::Exchange& exchange) { return end_session_route(profile, exchange); });
  router.add_async(Method::post, "/v1/user/second-factor", own,
                   [&](http::Exchange& exchange) { return start_factor_route(profile, exchange); });
  router.add_async(
      Method::post, "/v1/user/second-factor/confirm", own,
      [&](http::Exchange& exchange) { return confirm_factor_route(profile, exchange); });
  router.add_async(Method::post, "/v1/user/second-factor/stop", own,
                   [&](http::Exchange& exchange) { return stop_factor_route(profile, exchange); });
  router.add_async(Method::post, "/v1/user/delete", own,
                   [&](http::Exchange& exchange) { return delete_route(profile, exchange); });
}

}  // namespace identity
