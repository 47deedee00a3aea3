// Random secrets that clients hold and the store knows by hash only.
#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"

namespace identity {

// 256 random bits in 43 characters of base64url.
[[nodiscard]] std::string make_secret(base::Random& random);
// SHA-256 in base64url. The secrets have 256 bits of their own: a fast hash is enough.
[[nodiscard]] std::string hash_secret(std::string_view secret);
// What a page sends as X-CSRF-Token: follows from its session cookie, and says nothing about it.
[[nodiscard]] std::string csrf_of(std::string_view session_token);
// Constant time for texts of one size.
[[nodiscard]] bool same_secret(std::string_view left, std::string_view right);

}  // namespace identity
