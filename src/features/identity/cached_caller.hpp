// The fast half of the authenticator, apart from the store: what the bench measures is what runs.
#pragma once

#include "features/identity/authenticator.hpp"
#include "features/identity/credential.hpp"
#include "features/identity/token_cache.hpp"
#include "http/exchange.hpp"

namespace identity {

[[nodiscard]] Presented presented_by(const FoundCredential& found);
[[nodiscard]] CacheOutcome look_up_cached(const TokenCache& cache, const http::Request& request,
                                          http::Caller& caller);
[[nodiscard]] std::unexpected<base::Error> doubtful_credential(std::string_view doubt);

}  // namespace identity
