// Where a request goes at the upstream, and where the upstream's redirects lead from outside. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// Whether a path could mean another one to another parser: a segment "." or "..", a backslash, or
// two slashes at its beginning, encoded or not. Such a request is refused: the rules of a prefix
// must not depend on who normalises it.
[[nodiscard]] bool is_ambiguous_path(std::string_view path);

// The request target for the upstream: `target` (path and query, as sent) without `prefix` when
// that is to be stripped. `target` begins with the prefix.
[[nodiscard]] std::string_view upstream_target(std::string_view target, std::string_view prefix,
                                               bool strip_prefix);

// A Location of the upstream as the client must see it; nullopt: as it is. A path gets the prefix
// back unless it has it already; an address of the upstream itself becomes a path.
[[nodiscard]] std::optional<std::string> client_location(std::string_view location,
                                                         std::string_view prefix, bool strip_prefix,
                                                         std::string_view upstream_authority);

}  // namespace gateway
