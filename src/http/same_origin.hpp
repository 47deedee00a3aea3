// Whether a browser's request comes from a page of the origin it goes to: what protects cookie
// callers of applications that know no CSRF token of ours.
#pragma once

#include <string_view>

#include "http/exchange.hpp"

namespace http {

// By Sec-Fetch-Site, else by Origin against `host`. A request with neither was not made by a
// browser of this decade, or is one that cannot be trusted: false.
[[nodiscard]] bool is_same_origin(const Request& request, std::string_view host);

}  // namespace http
