#include "features/identity/account_directory.hpp"

#include "base/json.hpp"
#include "features/identity/email.hpp"
#include "features/identity/invalid_field.hpp"
#include "http/list_limit.hpp"

namespace identity {
namespace {

base::Result<std::vector<AccountRow>> read_accounts(sql::OperatorTx& tx,
                                                    const AccountFilter& filter) {
  auto rows = tx.prepare(
      "SELECT a.id, u.email, a.plan, u.operator_role, a.created_at FROM accounts a"
      " JOIN memberships m ON m.account_id = a.id AND m.role = 'owner'"
      " JOIN users u ON u.id = m.user_id"
      " WHERE ($1 = '' OR u.email_folded = $1) AND ($2 = '' OR a.id < $2)"
      " ORDER BY a.id DESC LIMIT $3");
  rows.bind(1, std::string_view{filter.email ? *filter.email : ""});
  const auto before = filter.before ? filter.before->text() : std::string{};
  rows.bind(2, std::string_view{before});
  rows.bind(3, std::int64_t{filter.limit});
  std::vector<AccountRow> found;
  while (rows.step()) {
    const auto id = base::AccountId::parse(rows.text(0));
    if (!id) return base::fail_internal("an account row with a bad id");
    found.push_back({.id = *id,
                     .email = std::string(rows.text(1)),
                     .plan = std::string(rows.text(2)),
                     .is_operator = !rows.is_null(3),
                     .created_at = base::from_micros(rows.integer(4))});
  }
  return found;
}

base::Result<bool> account_exists(sql::OperatorTx& tx, base::AccountId account) {
  auto row = tx.prepare("SELECT 1 FROM accounts WHERE id = $1");
  const auto id = account.text();
  row.bind(1, std::string_view{id});
  return row.step();
}

base::Result<AccountFilter> parse_filter(const http::Request& request) {
  AccountFilter filter;
  if (const auto email = request.query_value("email")) {
    const auto parsed = parse_email(*email);
    if (!parsed) return invalid_field("email", parsed.error());
    filter.email = parsed->folded;
  }
  if (const auto cursor = request.query_value("cursor")) {
    filter.before = base::AccountId::parse(*cursor);
    if (!filter.before) return invalid_field("cursor", "This is no cursor of this list.");
  }
  RL_TRY(filter.limit, http::list_limit(request));
  return filter;
}

base::Task<base::Result<void>> list_route(AccountDirectory& directory, http::Exchange& exchange) {
  RL_CO_TRY(const auto filter, parse_filter(exchange.request));
  const auto rows = co_await directory.list(filter);
  if (!rows) co_return std::unexpected(rows.error());
  base::JsonWriter out(exchange.response.body);
  out.begin_object();
  out.key("data");
  out.begin_array();
  for (const auto& row : *rows) {
    out.begin_object();
    out.field("id", row.id.text());
    out.key("email");
    if (row.email.empty())
      out.null();
    else
      out.value(row.email);
    out.field("plan", row.plan);
    out.field("is_operator", row.is_operator);
    out.field("created_at", base::format_rfc3339(row.created_at));
    out.end_object();
  }
  out.end_array();
  out.key("next_cursor");
  if (std::ssize(*rows) < filter.limit)
    out.null();
  else
    out.value(rows->back().id.text());
  out.end_object();
  co_return base::Result<void>{};
}

}  // namespace

base::Task<base::Result<std::vector<AccountRow>>> AccountDirectory::list(AccountFilter filter) {
  auto rows = co_await database_.read_operator<std::vector<AccountRow>>(
      [&filter](sql::OperatorTx& tx) { return read_accounts(tx, filter); });
  co_return rows;
}

base::Task<base::Result<bool>> AccountDirectory::exists(base::AccountId account) {
  auto known = co_await database_.read_operator<bool>(
      [account](sql::OperatorTx& tx) { return account_exists(tx, account); });
  co_return known;
}

void add_operator_routes(http::Router& router, AccountDirectory& directory) {
  router.add_async(http::Method::get, "/v1/admin/accounts",
                   {.access = http::Access::operator_only, .scope = http::Scope::operator_read},
                   [&](http::Exchange& exchange) { return list_route(directory, exchange); });
}

}  // namespace identity
