// base::Error across the process boundary: the HTTP status stands for the code.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"
#include "wire/frame.hpp"

namespace wire {
namespace {

using base::ErrorCode;

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
      return 422;
    case ErrorCode::malformed:
      return 400;
    case ErrorCode::unauthenticated:
      return 401;
    case ErrorCode::payment_required:
      return 402;
    case ErrorCode::forbidden:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::gone:
      return 410;
    case ErrorCode::too_large:
      return 413;
    case ErrorCode::unsupported_media:
      return 415;
    case ErrorCode::rate_limited:
      return 429;
    case ErrorCode::overloaded:
      return 503;
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

ErrorCode code_of(std::int64_t status) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code)
    if (status_of(static_cast<ErrorCode>(code)) == status) return static_cast<ErrorCode>(code);
  return ErrorCode::internal;
}

std::string text_member(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

base::Error unreadable() { return base::fail_internal("worker: unreadable failed frame").error(); }

}  // namespace

std::string encode_error(const base::Error& error) {
  std::string out;
  base::JsonWriter writer(out);
  writer.begin_object();
  writer.field("code", status_of(error.code));
  writer.field("reason", error.reason);
  writer.field("message", error.message);
  if (!error.detail.empty()) writer.field("detail", error.detail);
  writer.key("fields");
  writer.begin_object();
  for (const auto& field : error.fields) writer.field(field.name, field.message);
  writer.end_object();
  writer.key("members");
  writer.begin_object();
  for (const auto& member : error.members) {
    writer.key(member.name);
    writer.raw(member.json);
  }
  writer.end_object();
  writer.end_object();
  return out;
}

base::Error decode_error(std::string_view payload) {
  const auto parsed = base::parse_json_object(payload);
  if (!parsed) return unreadable();
  base::Error error;
  const auto* code = parsed->if_contains("code");
  error.code = code_of(code != nullptr && code->is_int64() ? code->as_int64() : 500);
  error.reason = text_member(*parsed, "reason");
  if (error.reason.empty()) return unreadable();
  error.message = text_member(*parsed, "message");
  error.detail = text_member(*parsed, "detail");
  if (const auto* fields = parsed->if_contains("fields"); fields != nullptr && fields->is_object())
    for (const auto& [name, text] : fields->as_object())
      if (text.is_string())
        error.fields.push_back({std::string{name}, std::string{text.as_string()}});
  if (const auto* members = parsed->if_contains("members");
      members != nullptr && members->is_object())
    for (const auto& [name, json] : members->as_object())
      error.members.push_back({std::string{name}, boost::json::serialize(json)});
  return error;
}

}  // namespace wire
