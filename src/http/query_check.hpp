// Whether the parameters of a query are text at all. What cannot be decoded must not count as
// absent: the caller would get another answer than the one asked for.
#pragma once

#include "base/result.hpp"
#include "http/exchange.hpp"

namespace http {

// `malformed` with the parameter named when a name or value is no percent-encoded UTF-8, or holds
// NUL.
[[nodiscard]] base::Result<void> check_query(const Request& request);

}  // namespace http
