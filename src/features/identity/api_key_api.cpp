#include "features/identity/api_key_api.hpp"

#include "base/json.hpp"
#include "features/identity/api_key.hpp"
#include "features/identity/invalid_field.hpp"
#include "features/identity/json_body.hpp"
#include "features/identity/shown_name.hpp"
#include "http/list_limit.hpp"

namespace identity {
namespace {

using base::Result;
using base::Task;

void write_instant(base::JsonWriter& out, std::string_view name,
                   const std::optional<base::Instant>& at) {
  out.key(name);
  if (at)
    out.value(base::format_rfc3339(*at));
  else
    out.null();
}

void write_key(base::JsonWriter& out, const ApiKey& key, const std::string* secret) {
  out.begin_object();
  out.field("id", key.id.text());
  out.field("name", key.name);
  out.field("hint", key.hint);
  if (secret != nullptr) out.field("secret", *secret);
  out.key("scopes");
  out.begin_array();
  for (const auto name : key_scope_names(key.scopes)) out.value(name);
  out.end_array();
  out.field("created_at", base::format_rfc3339(key.created_at));
  write_instant(out, "expires_at", key.expires_at);
  write_instant(out, "last_used_at", key.last_used_at);
  out.key("replaced_by");
  if (key.replaced_by)
    out.value(key.replaced_by->text());
  else
    out.null();
  out.end_object();
}

void answer_made(http::Exchange& exchange, const MadeKey& made) {
  exchange.response.status = 201;
  exchange.response.header("Cache-Control", "no-store");
  base::JsonWriter out(exchange.response.body);
  write_key(out, made.key, &made.secret);
}

Result<KeyDraft> read_draft(const http::Request& request) {
  RL_TRY(const auto body, read_json_body(request));
  base::ObjectReader reader(body);
  KeyDraft draft{.name = read_shown_name(reader, 1), .scopes = {}, .expires_at = {}};
  const auto expires = reader.optional_text("expires_at", 20, 40);
  std::vector<std::string_view> names;
  if (const auto* const listed = reader.value("scopes"); listed != nullptr && listed->is_array())
    for (const auto& item : listed->get_array())
      names.push_back(item.is_string() ? std::string_view(item.get_string()) : "");
  RL_TRY_VOID(reader.finish());
  RL_TRY(draft.scopes, parse_key_scopes(names));
  if (expires) {
    const auto at = base::parse_rfc3339(*expires);
    if (!at || *at <= request.arrived)
      return invalid_field("expires_at", "is no time in the future, as 2027-01-01T00:00:00Z");
    draft.expires_at = *at;
  }
  return draft;
}

Task<Result<void>> make_route(ApiKeyService& keys, http::Exchange& exchange) {
  RL_CO_TRY(auto draft, read_draft(exchange.request));
  const auto made = co_await keys.make(exchange.caller, std::move(draft));
  if (!made) co_return std::unexpected(made.error());
  answer_made(exchange, *made);
  co_return Result<void>{};
}

Result<base::KeyId> key_of(const http::Exchange& exchange) {
  const auto id = base::KeyId::parse(exchange.path_values[0]);
  if (!id) return base::fail(base::ErrorCode::not_found, "not_found", "There is no such key.");
  return *id;
}

Task<Result<void>> rotate_route(ApiKeyService& keys, http::Exchange& exchange) {
  RL_CO_TRY(const auto id, key_of(exchange));
  RL_CO_TRY(const auto body, read_json_body(exchange.request));
  base::ObjectReader reader(body);
  const auto overlap = reader.integer_or(
      "overlap_seconds", 0, std::chrono::seconds{ApiKeyService::kLongestOverlap}.count(), 86'400);
  RL_CO_TRY_VOID(reader.finish());
  const auto made = co_await keys.rotate(exchange.caller, id, std::chrono::seconds{overlap});
  if (!made) co_return std::unexpected(made.error());
  answer_made(exchange, *made);
  co_return Result<void>{};
}

Task<Result<void>> remove_route(ApiKeyService& keys, http::Exchange& exchange) {
  RL_CO_TRY(const auto id, key_of(exchange));
  RL_CO_TRY_VOID(co_await keys.remove(exchange.caller, id));
  exchange.response.status = 204;
  co_return Result<void>{};
}

Task<Result<void>> list_route_of_keys(ApiKeyService& keys, http::Exchange& exchange) {
  RL_CO_TRY(const int limit, http::list_limit(exchange.request));
  std::optional<base::KeyId> before;
  if (const auto cursor = exchange.request.query_value("cursor")) {
    before = base::KeyId::parse(*cursor);
    if (!before) co_return invalid_field("cursor", "This is no cursor of this list.");
  }
  const auto listed = co_await keys.list(exchange.caller.account, before, limit);
  if (!listed) co_return std::unexpected(listed.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("data");
  out.begin_array();
  for (const auto& key : *listed) write_key(out, key, nullptr);
  out.end_array();
  out.key("next_cursor");
  if (std::ssize(*listed) < limit)
    out.null();
  else
    out.value(listed->back().id.text());
  out.end_object();
  co_return Result<void>{};
}

}  // namespace

Result<http::Scopes> parse_key_scopes(const std::vector<std::string_view>& names) {
  http::Scopes scopes;
  for (const auto name : names) {
    const auto scope = parse_key_scope(name);
    if (!scope)
      return invalid_field("scopes", "are data:read, data:write, query, billing:read or admin:*");
    scopes = scopes | *scope;
  }
  if (scopes == http::Scopes{}) return invalid_field("scopes", "names at least one scope");
  return scopes;
}

void add_key_routes(http::Router& router, ApiKeyService& keys) {
  const http::RoutePolicy own{.access = http::Access::signed_in, .max_body_bytes = 16'384};
  router.add_async(http::Method::get, "/v1/keys", own,
                   [&](http::Exchange& exchange) { return list_route_of_keys(keys, exchange); });
  router.add_async(http::Method::post, "/v1/keys", own,
                   [&](http::Exchange& exchange) { return make_route(keys, exchange); });
  router.add_async(http::Method::post, "/v1/keys/{id}/rotate", own,
                   [&](http::Exchange& exchange) { return rotate_route(keys, exchange); });
  router.add_async(http::Method::del, "/v1/keys/{id}", own,
                   [&](http::Exchange& exchange) { return remove_route(keys, exchange); });
}

}  // namespace identity
