#include "features/identity/credential.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "features/identity/jwt_verify.hpp"

namespace identity {
namespace {

using base::lower;

constexpr auto kQueryNames =
    std::to_array<std::string_view>({"access_token", "refresh_token", "id_token", "auth_token",
                                     "token", "jwt", "api_key", "apikey", "bearer", "rl_session"});

constexpr std::size_t kMaxAccountName = 64;

struct Collected {
  int authorizations = 0;
  int cookies = 0;
  int accounts = 0;
  std::string_view authorization;
  std::string_view cookie;
  std::string_view account;
};

void collect_cookies(std::string_view pairs, Collected& found) {
  while (!pairs.empty()) {
    const auto end = std::min(pairs.find(';'), pairs.size());
    auto pair = pairs.substr(0, end);
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    if (!pair.starts_with(kSessionCookie)) continue;
    pair.remove_prefix(kSessionCookie.size());
    if (!pair.starts_with('=') || pair.size() == 1) continue;  // another name, or signed out
    ++found.cookies;
    found.cookie = pair.substr(1);
  }
}

// Where a browser opens an address by itself (a stream of events, a download) no header can name
// the account. True: a credential is among the names.
bool collect_query(std::string_view query, Collected& found) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    const auto name = pair.substr(0, std::min(pair.find('='), end));
    for (const auto secret : kQueryNames)
      if (same_header_name(name, secret)) return true;
    if (name == kAccountHeader) {
      ++found.accounts;
      found.account = pair.substr(std::min(name.size() + 1, pair.size()));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

FoundCredential doubtful(std::string_view why) {
  return {.kind = CredentialKind::doubtful, .token = {}, .account = {}, .doubt = why};
}

FoundCredential checked(CredentialKind kind, std::string_view token, const Collected& found) {
  if (token.empty()) return doubtful("empty token");
  if (token.size() > kMaxTokenBytes) return doubtful("token over 8 KiB");
  // Two searches for one character each: many times faster than one for a set.
  if (token.contains(' ') || token.contains('\t')) return doubtful("space in the token");
  if (kind == CredentialKind::bearer && token.starts_with(kKeyPrefix))
    kind = CredentialKind::api_key;
  return {.kind = kind, .token = token, .account = found.account, .doubt = {}};
}

}  // namespace

bool same_header_name(std::string_view name, std::string_view lower_name) {
  return name.size() == lower_name.size() &&
         std::ranges::equal(name, lower_name, [](char a, char b) { return lower(a) == b; });
}

FoundCredential find_credential(const http::Request& request) {
  Collected found;
  for (const auto& header : request.headers) {
    if (same_header_name(header.name, "authorization")) {
      ++found.authorizations;
      found.authorization = header.value;
    } else if (same_header_name(header.name, "cookie")) {
      collect_cookies(header.value, found);
    } else if (same_header_name(header.name, kAccountHeader)) {
      ++found.accounts;
      found.account = header.value;
    }
  }
  if (collect_query(request.query, found)) return doubtful("credential in the query string");
  if (found.authorizations > 1) return doubtful("several Authorization headers");
  if (found.cookies > 1) return doubtful("several session cookies");
  if (found.authorizations + found.cookies > 1) return doubtful("cookie and Authorization header");
  if (found.accounts > 1 || found.account.size() > kMaxAccountName)
    return doubtful("several or overlong names of the account");
  if (found.cookies == 1) return checked(CredentialKind::cookie, found.cookie, found);
  if (found.authorizations == 0) return {};
  constexpr std::size_t kScheme = 7;  // "Bearer "
  if (!same_header_name(found.authorization.substr(0, kScheme), "bearer "))
    return doubtful("Authorization is not Bearer");
  return checked(CredentialKind::bearer, found.authorization.substr(kScheme), found);
}

}  // namespace identity
