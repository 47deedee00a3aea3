// GET /v1/usage.
#pragma once

#include "features/reports/history_service.hpp"
#include "http/router.hpp"

namespace reports {

// The service outlives the router.
void add_routes(http::Router& router, HistoryService& history);

// What a request counts as in reports: the word after /v1/ of its route's pattern, or the prefix of
// an application behind us, such as "/app/"; empty for our own pages. A view into the pattern.
[[nodiscard]] std::string_view route_kind(std::string_view pattern);

}  // namespace reports
