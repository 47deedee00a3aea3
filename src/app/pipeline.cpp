#include "app/pipeline.hpp"

#include "base/decimal.hpp"
#include "base/text_pieces.hpp"
#include "features/gateway/authz_api.hpp"
#include "features/reports/reports_api.hpp"
#include "http/cors.hpp"
#include "http/forward.hpp"
#include "http/query_check.hpp"
#include "http/same_origin.hpp"
#include "http/security_headers.hpp"

namespace app {
namespace {

constexpr int kPaymentRequired = 402;

base::Error sign_in_first() {
  return {base::ErrorCode::unauthenticated,
          "unauthenticated",
          "Please sign in, or send a token.",
          {},
          {},
          {}};
}

base::Error cut_error(metering::CutReason reason) {
  return metering::admission_error(reason == metering::CutReason::account_held
                                       ? metering::Verdict::account_held
                                       : metering::Verdict::hours_exhausted);
}

// What a metered request counts as in its run.
ledger::RouteClass route_class(const http::Exchange& exchange) {
  using enum ledger::RouteClass;
  const auto& policy = exchange.route->policy;
  if (policy.beat) return beat;
  if (policy.foreign_query) return http::asks_for_websocket(exchange.request) ? stream : gateway;
  if (policy.scope == http::Scope::query) return query;
  return policy.scope == http::Scope::data_write ? imports : data;
}

}  // namespace

Pipeline::Pipeline(PipelineOptions options, identity::Authenticator& identity,
                   limits::Limiter& limiter, metering::MeteringService& metering,
                   workspace::WorkspaceService& workspace, reports::HistoryService& history,
                   StreamWatch& streams, Traffic& traffic, base::Log& log)
    : options_(std::move(options)),
      identity_(identity),
      limiter_(limiter),
      metering_(metering),
      workspace_(workspace),
      history_(history),
      streams_(streams),
      traffic_(traffic),
      log_(log) {}

// The order, and why. Before it the server has bounded and parsed the request, given it an id and
// read the clock once; after it come the body, the handler, decorate() and after().
base::Result<http::Step> Pipeline::before(http::Exchange& exchange) {
  // 0. Browsers ask for permission without a credential; answered from the list of origins.
  if (exchange.request.method == http::Method::options) return answer_options(exchange);
  // What is no text is refused like a head that is no HTTP: it means nothing to whatever follows.
  if (!exchange.route->policy.foreign_query) RL_TRY_VOID(http::check_query(exchange.request));
  // 1. Whoever sends no credential is known by address only: counted before any work, crypto above
  // all.
  // 2. Identity from the cache: one hash, one compare. Open routes take a known caller but ask for
  // none.
  const auto known = identity_.try_cached(exchange.request, exchange.caller);
  const bool open = exchange.route->policy.access == http::Access::open ||
                    exchange.route->policy.access == http::Access::signature;
  if (known.state != identity::CacheState::hit) {
    const bool anonymous = known.state == identity::CacheState::no_credential;
    if (open || anonymous) RL_TRY_VOID(limit_address(exchange));
    if (open) return http::Step::proceed;
    if (anonymous) return std::unexpected(sign_in_first());
    RL_TRY_VOID(limit_failures(exchange));
    if (known.state == identity::CacheState::refused) {
      RL_TRY_VOID(count_failure(exchange));
      return std::unexpected(*known.error);
    }
    return http::Step::wait;
  }
  if (exchange.route->policy.metered) metering_.expect(exchange.caller.account);
  RL_TRY_VOID(check_caller(exchange));
  return admit(exchange);
}

base::Result<http::Step> Pipeline::answer_options(http::Exchange& exchange) const {
  const auto kind = http::cors_decision(exchange.request, options_.cors_origins);
  if (kind != http::CorsKind::preflight) return http::Step::proceed;
  exchange.response.status = 204;
  return http::Step::answered;
}

// The same list from step 2 on, for a credential that memory does not know or a balance that is not
// loaded.
base::Task<base::Result<http::Step>> Pipeline::before_async(http::Exchange& exchange) {
  if (!exchange.caller.signed_in()) {
    auto caller = co_await identity_.authenticate(exchange);
    if (!caller) {
      // An account that is not the caller's was looked up as well.
      if (caller.error().code == base::ErrorCode::unauthenticated ||
          caller.error().code == base::ErrorCode::forbidden)
        RL_CO_TRY_VOID(count_failure(exchange));
      co_return std::unexpected(std::move(caller.error()));
    }
    exchange.caller = *caller;
    RL_CO_TRY_VOID(check_caller(exchange));
  }
  auto step = admit(exchange);
  if (!step || *step != http::Step::wait) co_return step;
  RL_CO_TRY_VOID(co_await metering_.load(exchange.caller.account));
  co_return admit(exchange);
}

base::Result<void> Pipeline::limit_address(http::Exchange& exchange) {
  const auto address = exchange.request.peer_address;
  switch (exchange.route->policy.cost) {
    case http::CostClass::free:
      return {};
    case http::CostClass::guess:
      return decide(exchange, limits::address_subject(limits::Scope::guess, address),
                    options_.guesses);
    case http::CostClass::light:
    case http::CostClass::work:
      return decide(exchange, limits::address_subject(limits::Scope::work, address),
                    options_.anonymous);
  }
  return {};
}

// Is there room for one more failed credential of this address? Asked before any crypto, counted
// after.
base::Result<void> Pipeline::limit_failures(http::Exchange& exchange) {
  const auto decision =
      limiter_.peek(limits::address_subject(limits::Scope::failed, exchange.request.peer_address),
                    options_.guesses, 1, exchange.request.arrived);
  return decision.allowed ? base::Result<void>{} : tell(exchange, decision, options_.guesses);
}

base::Result<void> Pipeline::count_failure(http::Exchange& exchange) {
  const auto decision =
      limiter_.decide(limits::address_subject(limits::Scope::failed, exchange.request.peer_address),
                      options_.guesses, 1, exchange.request.arrived);
  return decision.allowed ? base::Result<void>{} : tell(exchange, decision, options_.guesses);
}

// 3. Cookie callers prove that the page sent the request. 4. Roles. 5. The plan's request limit.
base::Result<void> Pipeline::check_caller(http::Exchange& exchange) {
  const auto& policy = exchange.route->policy;
  if (policy.access == http::Access::signature) return {};
  if (policy.access != http::Access::open || policy.csrf == http::Csrf::same_origin)
    RL_TRY_VOID(check_origin(exchange));
  if (policy.access == http::Access::operator_only && !exchange.caller.is_operator)
    return base::fail(base::ErrorCode::forbidden, "forbidden", "This needs the operator role.");
  if (policy.access != http::Access::open && !exchange.caller.scopes.has(policy.scope))
    return base::fail(base::ErrorCode::forbidden, "insufficient_scope",
                      "Your role or key does not allow this. Ask the account's owner.");
  if (policy.cost == http::CostClass::free) return {};
  const auto plan = std::min<std::size_t>(exchange.caller.plan, options_.plans.size() - 1);
  return decide(exchange, limits::account_subject(limits::Scope::work, exchange.caller.account),
                options_.plans[plan]);
}

base::Result<void> Pipeline::check_origin(const http::Exchange& exchange) const {
  const auto& request = exchange.request;
  if (exchange.route->policy.csrf == http::Csrf::token)
    return identity_.check_csrf(request, exchange.caller);
  if (exchange.caller.credential != http::Credential::cookie) return {};
  const bool safe = request.method == http::Method::get || request.method == http::Method::head;
  if (safe && !http::asks_for_websocket(request)) return {};
  if (http::is_same_origin(request, request.header("host").value_or("")) ||
      http::cors_decision(request, options_.cors_origins) == http::CorsKind::allowed)
    return {};
  return base::fail(base::ErrorCode::forbidden, "csrf_invalid",
                    "This request comes from a page of another origin.");
}

base::Result<void> Pipeline::decide(http::Exchange& exchange, const limits::Subject& subject,
                                    const limits::AllowanceSet& allowances) {
  if (allowances.empty()) return {};
  return tell(exchange, limiter_.decide(subject, allowances, 1, exchange.request.arrived),
              allowances);
}

// In the answer's headers, whatever comes of the request.
base::Result<void> Pipeline::tell(http::Exchange& exchange, const limits::Decision& decision,
                                  const limits::AllowanceSet& allowances) {
  exchange.notes.limit_lines = allowances.header_lines(decision.tightest);
  exchange.notes.limit_remaining = decision.remaining;
  exchange.notes.limit_reset_seconds = limits::whole_seconds(decision.reset);
  if (decision.allowed) return {};
  return std::unexpected(limits::rate_limited(decision));
}

// 6. Balance, for metered routes only: someone at zero can always sign in, look and pay.
base::Result<http::Step> Pipeline::admit(http::Exchange& exchange) {
  const auto& policy = exchange.route->policy;
  if (!policy.metered) {
    if (policy.lasting) streams_.add(exchange);
    return http::Step::proceed;
  }
  const auto admission = metering_.admit(exchange.caller.account, exchange.request.arrived,
                                         member_of(exchange.caller));
  if (admission.verdict == metering::Verdict::unknown) return http::Step::wait;
  exchange.notes.remaining_ms = admission.remaining.count();
  exchange.notes.run = admission.run.value_or(base::RunId{});
  if (!admission.admitted()) return std::unexpected(metering::admission_error(admission.verdict));
  open_proof(exchange);
  if (policy.lasting) streams_.add(exchange);
  return http::Step::proceed;
}

// A personal account has its user's number, and one member.
metering::Member Pipeline::member_of(const http::Caller& caller) const {
  if (caller.user.bits() == caller.account.bits()) return {};
  const auto& rules = options_.team_rules;
  const auto& rule = rules[std::min<std::size_t>(caller.plan, rules.size() - 1)];
  if (!rule.side_by_side) return {};
  return {.user = caller.user, .at_most = rule.at_most};
}

// A handler that never waits is one proof when it is done; one that waits or streams is proved
// while it lasts, and cut when the time runs out.
void Pipeline::open_proof(http::Exchange& exchange) {
  exchange.notes.metered = true;
  if (std::holds_alternative<http::PlainHandler>(exchange.route->handler)) return;
  const auto account = exchange.caller.account;
  std::move_only_function<void(metering::CutReason)> on_cut;
  if (exchange.route->policy.cut == http::CutBy::interrupt)
    on_cut = [interrupt = exchange.interruptible()](metering::CutReason reason) {
      interrupt->cut = cut_error(reason);
      interrupt->notify();
    };
  else
    on_cut = [&workspace = workspace_, account](metering::CutReason reason) {
      workspace.cut(account, cut_error(reason));
    };
  const auto stream =
      metering_.open_stream(account, exchange.request.arrived, *exchange.loop, std::move(on_cut),
                            member_of(exchange.caller), route_class(exchange));
  exchange.notes.stream = stream.serial;
}

void Pipeline::decorate(http::Exchange& exchange) {
  auto& response = exchange.response;
  const auto& notes = exchange.notes;
  // Whoever was cut or refused for want of time has none, whatever there was at admission.
  const bool unpaid = response.status == kPaymentRequired && !response.from_upstream;
  if (exchange.route != nullptr && exchange.route->policy.forward_auth)
    gateway::shape_refusal(exchange);
  // They suit our page and API; an application behind us has its own.
  if (!response.from_upstream)
    response.fixed_headers = http::security_headers(response.content_type);
  if (exchange.request.secure) response.headers += http::transport_security_header();
  if (!options_.cors_origins.empty())
    http::add_cors_headers(exchange, http::cors_decision(exchange.request, options_.cors_origins),
                           options_.cors_origins);
  if (!notes.limit_lines.empty())
    limits::append_rate_limit(response.headers, notes.limit_lines, notes.limit_remaining,
                              notes.limit_reset_seconds);
  if (notes.metered || unpaid)
    base::append_pieces(response.headers, "Redline-Remaining-Seconds: ",
                        base::DecimalText{unpaid ? 0 : notes.remaining_ms / 1'000}, "\r\n");
  if (notes.metered && !notes.run.empty())
    base::append_pieces(response.headers, "Redline-Run: ", notes.run.short_text().view(), "\r\n");
}

void Pipeline::after(http::Exchange& exchange) {
  const auto& notes = exchange.notes;
  const auto elapsed = exchange.finished - exchange.request.arrived;
  streams_.remove(exchange);
  traffic_.count(exchange.response.status, exchange.bytes_out, elapsed.count());
  if (notes.metered) {
    traffic_.metered.fetch_add(1, std::memory_order_relaxed);
    const auto account = exchange.caller.account;
    const auto member = member_of(exchange.caller);
    if (notes.stream != 0)
      metering_.close_stream({account, notes.stream}, exchange.finished);
    else if (exchange.route->policy.beat)
      metering_.record_beat(account, exchange.request.arrived, member);
    else
      metering_.touch(account, {exchange.request.arrived, exchange.finished, route_class(exchange)},
                      exchange.finished, member);
  }
  if (notes.signed_out)
    metering_.sign_out(exchange.caller.account, exchange.finished, member_of(exchange.caller));
  if (exchange.caller.signed_in() && exchange.route != nullptr) record_activity(exchange, elapsed);
  identity_.note_outcome(exchange);
  if (options_.access_lines) write_access_line(exchange);
}

// Only work of our own has a query time: a stream of events, or a socket of an application, lasts
// for hours and does nothing.
void Pipeline::record_activity(const http::Exchange& exchange, base::Micros elapsed) {
  const auto& route = *exchange.route;
  const auto kind = reports::route_kind(route.pattern);
  if (kind.empty()) return;
  const bool works = route.policy.cost == http::CostClass::work && !kind.starts_with('/');
  const auto& caller = exchange.caller;
  const auto& plans = options_.plan_names;
  history_.record({.account = caller.account,
                   .route = kind,
                   .plan = caller.plan < plans.size() ? plans[caller.plan] : "",
                   .key = caller.key},
                  exchange.request.arrived,
                  {.requests = 1,
                   .errors = exchange.response.status >= 400 ? 1 : 0,
                   .bytes = static_cast<std::int64_t>(exchange.bytes_out),
                   .query_time = works ? elapsed : base::Micros{}});
}

void Pipeline::write_access_line(const http::Exchange& exchange) {
  const auto& request = exchange.request;
  // The pattern, not the path: names of a user's data stay out of the log, and so does any query
  // string.
  const std::string_view route =
      exchange.route == nullptr ? "-" : std::string_view{exchange.route->pattern};
  const auto elapsed = (exchange.finished - request.arrived).count();
  const auto& caller = exchange.caller;
  // A personal account has its user's number: one of the two says both.
  const bool personal = caller.user.bits() == caller.account.bits();
  const auto account = caller.account.short_text();
  const auto user = personal ? base::IdText{} : caller.user.short_text();
  const std::array<base::LogField, 8> fields{{{"id", request.request_id},
                                              {"method", http::method_name(request.method)},
                                              {"route", route},
                                              {"status", exchange.response.status},
                                              {"bytes", exchange.bytes_out},
                                              {"us", elapsed},
                                              {"account", account.view()},
                                              {"user", user.view()}}};
  const auto shown = std::span{fields}.first(personal ? 7 : 8);
  if (caller.signed_in())
    return log_.write_at(exchange.finished, base::LogLevel::info, "request", shown);
  std::array<base::LogField, 7> anonymous{{fields[0],
                                           fields[1],
                                           fields[2],
                                           fields[3],
                                           fields[4],
                                           fields[5],
                                           {"address", request.peer_address}}};
  log_.write_at(exchange.finished, base::LogLevel::info, "request", anonymous);
}

}  // namespace app
