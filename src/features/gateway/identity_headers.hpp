// Who the caller is, in words for an application that trusts Redline: X-Redline-User, -Account,
// -Plan. No client can send them: every name of that family is dropped from requests.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/caller.hpp"

namespace gateway {

inline constexpr std::string_view kIdentityPrefix = "x-redline-";

// Header lines; nothing for somebody who is not signed in. `plans` are ids, by Caller::plan.
void append_identity_headers(std::string& out, const http::Caller& caller,
                             std::span<const std::string> plans);

}  // namespace gateway
