#include "features/identity/cached_caller.hpp"

namespace identity {

std::unexpected<base::Error> doubtful_credential(std::string_view doubt) {
  return base::fail(base::ErrorCode::unauthenticated, "unauthenticated",
                    "Send exactly one credential: the session cookie or an Authorization: Bearer "
                    "header, never in the address.",
                    std::string(doubt));
}

// A cookie's token sent as bearer, or the reverse, is not the credential that was cached.
Presented presented_by(const FoundCredential& found) {
  const auto kind = found.kind == CredentialKind::cookie    ? http::Credential::cookie
                    : found.kind == CredentialKind::api_key ? http::Credential::api_key
                                                            : http::Credential::bearer;
  return {.token = found.token, .account = found.account, .kind = kind};
}

CacheOutcome look_up_cached(const TokenCache& cache, const http::Request& request,
                            http::Caller& caller) {
  const auto found = find_credential(request);
  if (found.kind == CredentialKind::none) return {.state = CacheState::no_credential};
  if (found.kind == CredentialKind::doubtful)
    return {.state = CacheState::refused, .error = doubtful_credential(found.doubt).error()};
  const bool hit = cache.find(presented_by(found), request.arrived, caller);
  return {.state = hit ? CacheState::hit : CacheState::miss};
}

}  // namespace identity
