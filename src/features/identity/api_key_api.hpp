// GET/POST /v1/keys, POST /v1/keys/{id}/rotate, DELETE /v1/keys/{id}. `keys` outlives the router.
#pragma once

#include "features/identity/api_key_service.hpp"
#include "http/router.hpp"

namespace identity {

void add_key_routes(http::Router& router, ApiKeyService& keys);
// `invalid` with the field "scopes": names that no key can hold, none at all, or no list.
[[nodiscard]] base::Result<http::Scopes> parse_key_scopes(
    const std::vector<std::string_view>& names);

}  // namespace identity
