#include "http/problem.hpp"

#include "base/json.hpp"
#include "http/status.hpp"

namespace http {
namespace {

void write_members(base::JsonWriter& out, const base::Error& error) {
  if (!error.fields.empty()) {
    out.key("fields");
    out.begin_array();
    for (const auto& field : error.fields) {
      out.begin_object();
      out.field("name", field.name);
      out.field("message", field.message);
      out.end_object();
    }
    out.end_array();
  }
  for (const auto& member : error.members) {
    out.key(member.name);
    out.raw(member.json);
  }
}

void add_retry_after(Response& response, const base::Error& error) {
  for (const auto& member : error.members)
    if (member.name == "retry_after_seconds") return response.header("Retry-After", member.json);
  response.header("Retry-After", "1");
}

}  // namespace

int status_of(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::invalid:
      return 422;
    case base::ErrorCode::malformed:
      return 400;
    case base::ErrorCode::unauthenticated:
      return 401;
    case base::ErrorCode::payment_required:
      return 402;
    case base::ErrorCode::forbidden:
      return 403;
    case base::ErrorCode::not_found:
      return 404;
    case base::ErrorCode::conflict:
      return 409;
    case base::ErrorCode::gone:
      return 410;
    case base::ErrorCode::too_large:
      return 413;
    case base::ErrorCode::unsupported_media:
      return 415;
    case base::ErrorCode::rate_limited:
      return 429;
    case base::ErrorCode::overloaded:
      return 503;
    case base::ErrorCode::internal:
      return 500;
  }
  return 500;
}

void render_problem(Exchange& exchange, const base::Error& error) {
  render_problem(exchange, error, status_of(error.code));
}

void render_problem(Exchange& exchange, const base::Error& error, int status) {
  Response& response = exchange.response;
  response.reset();
  response.status = status;
  response.content_type = "application/problem+json";
  append_problem(response.body, error, status, exchange.request.request_id);
  if (status == 429 || status == 503) add_retry_after(response, error);
  if (status == 401)
    response.header("WWW-Authenticate", error.reason.starts_with("token_")
                                            ? R"(Bearer error="invalid_token")"
                                            : "Bearer");
}

void append_problem(std::string& text, const base::Error& error, int status,
                    std::string_view request_id) {
  base::JsonWriter out(text);
  out.begin_object();
  out.field("type", "urn:redline:problem:" + error.reason);
  out.field("title", status_text(status));
  out.field("status", status);
  out.field("detail", error.message);
  out.field("reason", error.reason);
  out.field("request_id", request_id);
  write_members(out, error);
  out.end_object();
}

}  // namespace http
