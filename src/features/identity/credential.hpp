// Finds the credential of a request in one scan of its headers, without allocating. Says no more
// than where it is: nothing is verified here.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/exchange.hpp"

namespace identity {

constexpr std::string_view kSessionCookie = "rl_session";
// Names the account a request acts for, by our id or that of the application beside us.
constexpr std::string_view kAccountHeader = "redline-account";
constexpr std::string_view kKeyPrefix = "rl_live_";

enum class CredentialKind : std::uint8_t { none, cookie, bearer, api_key, doubtful };

struct FoundCredential {
  CredentialKind kind = CredentialKind::none;
  std::string_view token;    // view into the request
  std::string_view account;  // the same; empty: none named
  std::string_view doubt;    // of `doubtful`: a literal for the log
};

// Doubtful: a cookie and an Authorization header, several of either, several or an unlikely
// Redline-Account, another scheme than Bearer, an empty token, one over 8 KiB, white space in it,
// or a credential in the query string, where logs and Referer headers would spread it.
[[nodiscard]] FoundCredential find_credential(const http::Request& request);

// Without case; `lower_name` is in lower case.
[[nodiscard]] bool same_header_name(std::string_view name, std::string_view lower_name);

}  // namespace identity
