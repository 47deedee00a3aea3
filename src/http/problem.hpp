// RFC 9457 problem documents: the only shape of an error that leaves the server.
#pragma once

#include "base/result.hpp"
#include "http/exchange.hpp"

namespace http {

// The one place where an error becomes a status: exhaustive over ErrorCode.
[[nodiscard]] int status_of(base::ErrorCode code);
// Replaces the answer by the problem: type, title, status, detail (= error.message), reason,
// request_id, fields, members; adds Retry-After for 429/503 and WWW-Authenticate for 401.
// error.detail is never rendered.
void render_problem(Exchange& exchange, const base::Error& error);
// The document alone.
void append_problem(std::string& out, const base::Error& error, int status,
                    std::string_view request_id);
// For what HTTP itself names and ErrorCode does not: 405, 408, 414, 417, 431, 501, 505.
void render_problem(Exchange& exchange, const base::Error& error, int status);

}  // namespace http
