// Result<T>: a value, or an Error that every layer passes on unchanged until the HTTP boundary
// renders it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace base {

// About ten codes; http::status_of() turns each into one HTTP status in an exhaustive switch.
enum class ErrorCode : std::uint8_t {
  invalid,            // 422: the request is well-formed HTTP, but its content is wrong
  malformed,          // 400: not even parseable
  unauthenticated,    // 401
  payment_required,   // 402
  forbidden,          // 403
  not_found,          // 404
  conflict,           // 409
  gone,               // 410
  too_large,          // 413
  unsupported_media,  // 415
  rate_limited,       // 429
  overloaded,         // 503
  internal,           // 500: broken infrastructure; the client sees no detail
};

struct FieldError {
  std::string name;
  std::string message;
};

// An additional member of the problem document, e.g. {"retry_after_seconds", "12"}; `json` is JSON
// text.
struct ProblemMember {
  std::string name;
  std::string json;
};

// reason: stable snake_case word that clients match. message: plain words for the user, says what
// happened and what to do. detail: for the log only, may hold paths and SQL; never rendered.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string reason;
  std::string message;
  std::string detail{};
  std::vector<FieldError> fields{};
  std::vector<ProblemMember> members{};
};

template <class T>
using Result = std::expected<T, Error>;

// return base::fail(ErrorCode::not_found, "not_found", "There is no such run.");
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string reason,
                                                 std::string message, std::string detail = {}) {
  return std::unexpected(
      Error{code, std::move(reason), std::move(message), std::move(detail), {}, {}});
}

// One field of a request is wrong: 422 "invalid_request" with `fields`. `message` is a sentence
// that names the field.
[[nodiscard]] inline std::unexpected<Error> invalid_field(std::string name, std::string message) {
  Error error{ErrorCode::invalid, "invalid_request", message, {}, {}, {}};
  error.fields.push_back({std::move(name), std::move(message)});
  return std::unexpected(std::move(error));
}

// Infrastructure broke (disk, database, process): 500 for the client, `detail` for the log.
[[nodiscard]] inline std::unexpected<Error> fail_internal(std::string detail) {
  return fail(ErrorCode::internal, "internal_error",
              "Something broke on our side. It has been logged; please try again.",
              std::move(detail));
}

}  // namespace base

// RL_TRY(auto name, expression): binds the value or returns the error. In coroutines use RL_CO_TRY.
#define RL_CONCAT_INNER(a, b) a##b
#define RL_CONCAT(a, b) RL_CONCAT_INNER(a, b)
#define RL_TRY_IMPL(temporary, declaration, expression, leave)         \
  auto temporary = (expression);                                       \
  if (!temporary) leave std::unexpected(std::move(temporary.error())); \
  declaration = std::move(*temporary)
#define RL_TRY(declaration, expression) \
  RL_TRY_IMPL(RL_CONCAT(rl_result_, __LINE__), declaration, expression, return)
#define RL_CO_TRY(declaration, expression) \
  RL_TRY_IMPL(RL_CONCAT(rl_result_, __LINE__), declaration, expression, co_return)
// RL_TRY_VOID(expression): for Result<void>; returns the error.
#define RL_TRY_VOID(expression) \
  if (auto rl_void = (expression); !rl_void) return std::unexpected(std::move(rl_void.error()))
#define RL_CO_TRY_VOID(expression) \
  if (auto rl_void = (expression); !rl_void) co_return std::unexpected(std::move(rl_void.error()))
