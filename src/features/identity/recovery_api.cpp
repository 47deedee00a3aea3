#include "base/json.hpp"
#include "features/identity/json_body.hpp"
#include "features/identity/user_api.hpp"

namespace identity {
namespace {

using base::Result;
using base::Task;

constexpr std::size_t kTokenText = 128;

Result<std::string> read_one(const http::Request& request, std::string_view name,
                             std::size_t longest) {
  RL_TRY(const auto body, read_json_body(request));
  base::ObjectReader reader(body);
  auto text = reader.text(name, 1, longest);
  RL_TRY_VOID(reader.finish());
  return text;
}

Task<Result<void>> verify_route(RecoveryService& recovery, http::Exchange& exchange) {
  RL_CO_TRY(auto token, read_one(exchange.request, "token", kTokenText));
  RL_CO_TRY_VOID(co_await recovery.verify_email(std::move(token)));
  exchange.response.status = 204;
  co_return Result<void>{};
}

Task<Result<void>> forgot_route(RecoveryService& recovery, http::Exchange& exchange) {
  RL_CO_TRY(auto email, read_one(exchange.request, "email", 254));
  RL_CO_TRY_VOID(co_await recovery.forgot_password(std::move(email)));
  exchange.response.status = 204;
  co_return Result<void>{};
}

Task<Result<void>> reset_route(RecoveryService& recovery, http::Exchange& exchange) {
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  auto token = reader.text("token", 1, kTokenText);
  auto password = reader.text("password", 1, 1'024);
  RL_CO_TRY_VOID(reader.finish());
  RL_CO_TRY_VOID(co_await recovery.reset_password(std::move(token), std::move(password)));
  exchange.response.status = 204;
  co_return Result<void>{};
}

Task<Result<void>> confirm_route(RecoveryService& recovery, http::Exchange& exchange) {
  RL_CO_TRY(auto token, read_one(exchange.request, "token", kTokenText));
  RL_CO_TRY(const auto confirmed, co_await recovery.confirm_email(std::move(token)));
  exchange.response.status = 204;
  if (confirmed == EmailConfirmed::changed) co_return Result<void>{};
  exchange.response.status = 202;
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.field("waiting_for",
            confirmed == EmailConfirmed::waits_for_new ? "new_address" : "old_address");
  out.end_object();
  co_return Result<void>{};
}

}  // namespace

void add_recovery_routes(http::Router& router, RecoveryService& recovery) {
  const http::RoutePolicy guess{
      .access = http::Access::open, .cost = http::CostClass::guess, .max_body_bytes = 16'384};
  router.add_async(http::Method::post, "/v1/auth/verify", guess,
                   [&](http::Exchange& exchange) { return verify_route(recovery, exchange); });
  router.add_async(http::Method::post, "/v1/auth/password/forgot", guess,
                   [&](http::Exchange& exchange) { return forgot_route(recovery, exchange); });
  router.add_async(http::Method::post, "/v1/auth/password/reset", guess,
                   [&](http::Exchange& exchange) { return reset_route(recovery, exchange); });
  router.add_async(http::Method::post, "/v1/auth/email/confirm", guess,
                   [&](http::Exchange& exchange) { return confirm_route(recovery, exchange); });
}

}  // namespace identity
