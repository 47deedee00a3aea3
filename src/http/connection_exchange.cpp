#include <algorithm>
#include <utility>
#include <variant>

#include "http/connection.hpp"
#include "http/problem.hpp"
#include "http/status.hpp"
#include "http/text.hpp"

namespace http {
namespace {

// An exception means a bug or broken infrastructure; what it says is for the log.
base::Error error_of_exception() {
  try {
    throw;
  } catch (const std::exception& broken) {
    return base::fail_internal(broken.what()).error();
  } catch (...) {
    return base::fail_internal("unknown exception").error();
  }
}

bool is_request_id(std::string_view text) {
  return text.size() >= 8 && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
                  c == '-' || c == '_';
         });
}

std::optional<Method> parse_method(std::string_view name) {
  for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                              Method::del, Method::options})
    if (name == method_name(method)) return method;
  return std::nullopt;
}

}  // namespace

void Connection::begin_exchange() {
  loop_.requests_total.increment();
  first_request_ = false;
  input_begin_ += head_.bytes;
  exchange_.caller = {};
  exchange_.notes = {};
  exchange_.loop = &loop_.executor;
  exchange_.forget_interrupt();
  exchange_.route = nullptr;
  exchange_.path_values = {};
  exchange_.body_reader = nullptr;
  exchange_.bytes_out = 0;
  Request& request = exchange_.request;
  request.method = head_.method;
  request.target = head_.target;
  request.path = head_.path;
  request.query = head_.query;
  request.headers = head_.headers;
  request.body = {};
  request.peer_address = peer_;
  request.secure = transport_->secure();
  request.keep_alive = head_.keep_alive;
  request.arrived = loop_.shared.clock.now();
  begin_body();
  name_request();
  loop_.shared.proxies.apply(request);
  route_request();
}

void Connection::name_request() {
  request_id_.clear();
  const auto given = exchange_.request.header("x-request-id");
  if (given && is_request_id(*given))
    request_id_ = *given;
  else
    loop_.append_request_id(request_id_);
  exchange_.request.request_id = request_id_;
}

void Connection::route_request() {
  const Request& request = exchange_.request;
  if (request.target == "*") return answer_without_route({});
  Method method = request.method;
  Match match = loop_.shared.router.find(method, request.path, path_values_);
  if (method == Method::options && match.route == nullptr && !match.allow.empty()) {
    exchange_.response.header("Allow", match.allow);
    // The policy of the route that the browser is about to call decides about a preflight.
    const auto asked = parse_method(request.header("access-control-request-method").value_or(""));
    for (const Method candidate : {asked.value_or(Method::get), Method::get, Method::post,
                                   Method::put, Method::del, Method::patch}) {
      match = loop_.shared.router.find(candidate, request.path, path_values_);
      if (match.route != nullptr) break;
    }
  }
  exchange_.route = match.route;
  if (match.route == nullptr) return answer_without_route(match.allow);
  exchange_.path_values = std::span{path_values_}.first(match.value_count);
  enter_pipeline();
}

void Connection::answer_without_route(std::string_view allow) {
  if (exchange_.request.method == Method::options && exchange_.request.target == "*") {
    exchange_.response.status = 204;
  } else if (allow.empty()) {
    render_problem(exchange_,
                   {base::ErrorCode::not_found, "not_found", "There is nothing at this address."});
  } else {
    render_problem(exchange_,
                   {base::ErrorCode::invalid, "method_not_allowed",
                    "This address does not take that method; see the Allow header."},
                   405);
    exchange_.response.header("Allow", allow);
  }
  answer();
}

void Connection::enter_pipeline() {
  base::Result<Step> step = Step::proceed;
  try {
    step = loop_.shared.pipeline.before(exchange_);
  } catch (...) {
    step = std::unexpected(error_of_exception());
  }
  if (step && *step == Step::wait) return launch(run_gate());
  after_gate(std::move(step));
}

base::Task<void> Connection::run_gate() {
  base::Result<Step> step = Step::proceed;
  try {
    step = co_await loop_.shared.pipeline.before_async(exchange_);
  } catch (...) {
    step = std::unexpected(error_of_exception());
  }
  const Hold hold(*this);
  running_ = false;
  after_gate(std::move(step));
  process();
}

void Connection::after_gate(base::Result<Step> step) {
  if (!step) return finish(std::unexpected(std::move(step.error())));
  if (*step == Step::answered) return answer();
  if (exchange_.request.method == Method::options && exchange_.route->method != Method::options) {
    exchange_.response.status = 204;
    return answer();
  }
  const RoutePolicy& policy = exchange_.route->policy;
  const bool streamed = policy.body == BodyMode::streamed;
  body_limit_ = streamed ? policy.max_body_bytes
                         : std::min(policy.max_body_bytes, loop_.shared.options.max_body_bytes);
  if (head_.content_length.value_or(0) > body_limit_) {
    fail_body_too_large();
    return finish({});
  }
  if (streamed) {
    exchange_.body_reader = this;
    return call_handler();
  }
  phase_ = Phase::body;
  continue_body();
}

void Connection::call_handler() {
  phase_ = Phase::head;
  if (const auto* plain = std::get_if<PlainHandler>(&exchange_.route->handler))
    call_plain(*plain);
  else
    launch(run_handler(std::get<AsyncHandler>(exchange_.route->handler)));
}

void Connection::call_plain(const PlainHandler& handler) {
  base::Result<void> result;
  try {
    result = handler(exchange_);
  } catch (...) {
    result = std::unexpected(error_of_exception());
  }
  finish(result);
}

base::Task<void> Connection::run_handler(const AsyncHandler& handler) {
  base::Result<void> result;
  try {
    result = co_await handler(exchange_);
  } catch (...) {
    result = std::unexpected(error_of_exception());
  }
  const Hold hold(*this);
  running_ = false;
  finish(result);
  process();
}

// The coroutine may be over when this returns.
void Connection::launch(base::Task<void> task) {
  phase_ = Phase::running;
  running_ = true;
  base::start(std::move(task));
}

void Connection::finish(const base::Result<void>& result) {
  if (body_error_ && !body_abandoned_) {
    // Whatever the handler made of it: the body did not arrive.
    render_problem(exchange_, *body_error_, body_error_status_);
  } else if (!result) {
    if (result.error().code == base::ErrorCode::internal) log_internal(result.error());
    render_problem(exchange_, result.error());
  }
  answer();
}

void Connection::log_internal(const base::Error& error) {
  loop_.shared.log.error("request_failed", {{"request_id", exchange_.request.request_id},
                                            {"path", exchange_.request.path},
                                            {"reason", error.reason},
                                            {"detail", error.detail}});
}

// The bytes are no request: answered by the server alone, and the connection ends.
void Connection::refuse(const Fault& fault) {
  exchange_.request = {};
  exchange_.caller = {};
  exchange_.route = nullptr;
  request_id_.clear();
  loop_.append_request_id(request_id_);
  exchange_.request.request_id = request_id_;
  exchange_.request.peer_address = peer_;
  render_problem(
      exchange_,
      {base::ErrorCode::malformed, std::string(fault.reason), std::string(fault.message)},
      fault.status);
  const auto now = loop_.shared.clock.now();
  append_answer_head(out_, exchange_, loop_.date_line(now), Framing::length, Persistence::close);
  out_.append(exchange_.response.body);
  exchange_.response.reset();
  phase_ = Phase::head;
  close_after_ = true;
  linger_ = true;
}

void Connection::answer() {
  try {
    loop_.shared.pipeline.decorate(exchange_);
  } catch (...) {
    log_internal(error_of_exception());
  }
  const bool streams = exchange_.response.stream != nullptr;
  if (!streams) pass_over_body();  // a stream may still read it: the answer to an upload
  const Persistence keep = persistence();
  close_after_ = keep == Persistence::close;
  if (streams) return begin_stream(keep);
  answer_whole(keep);
  report_and_reset();
}

Persistence Connection::persistence() {
  if (!head_.keep_alive || loop_.draining || close_after_) return Persistence::close;
  return head_.http11 ? Persistence::implied : Persistence::keep_alive;
}

void Connection::answer_whole(Persistence keep) {
  const Response& response = exchange_.response;
  const std::size_t before = out_.size();
  const bool has_body = status_has_body(response.status);
  append_answer_head(out_, exchange_, loop_.date_line(exchange_.request.arrived),
                     !has_body              ? Framing::none
                     : response.omit_length ? Framing::until_close
                                            : Framing::length,
                     keep);
  if (has_body && exchange_.request.method != Method::head) out_.append(response.body);
  exchange_.bytes_out = out_.size() - before;
}

void Connection::report_and_reset() {
  exchange_.finished = loop_.shared.clock.now();
  try {
    loop_.shared.pipeline.after(exchange_);
  } catch (...) {
    log_internal(error_of_exception());
  }
  exchange_.response.reset();
  body_error_.reset();
  take_leftover();
  phase_ = Phase::head;
}

}  // namespace http
