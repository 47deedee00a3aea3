// The `limit` of a list, as every list of the interface takes it.
#pragma once

#include "base/result.hpp"
#include "http/exchange.hpp"

namespace http {

inline constexpr int kDefaultListLimit = 50;
inline constexpr int kMaxListLimit = 200;

// 50 without the parameter; `invalid` with the field named unless it is a number from 1 to 200.
[[nodiscard]] base::Result<int> list_limit(const Request& request);

}  // namespace http
