// API keys as texts and as permissions. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "http/caller.hpp"

namespace identity {

// "rl_live_" and 160 random bits in 32 characters of lower-case base 32.
[[nodiscard]] std::string make_api_key(base::Random& random);
[[nodiscard]] bool is_api_key(std::string_view text);
// What tells keys apart in a list: the prefix and four characters.
[[nodiscard]] std::string api_key_hint(std::string_view key);

// "data:read", "data:write", "query", "billing:read", "admin:read", "admin:support",
// "admin:finance", "admin:all", and "admin:*" for all four of those. nullopt for anything else:
// no key acts as a person, spends money or manages a team.
[[nodiscard]] std::optional<http::Scopes> parse_key_scope(std::string_view name);
// The names of what a key holds.
[[nodiscard]] std::vector<std::string_view> key_scope_names(http::Scopes scopes);

}  // namespace identity
