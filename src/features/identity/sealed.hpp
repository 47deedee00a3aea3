// Small secrets that have to be read again (a second factor's): encrypted in the store under a key
// that follows from the signing key's file, so that a copy of the database alone gives nothing.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace identity {

using SealKey = std::array<unsigned char, 32>;

// XSalsa20-Poly1305, in base64url with its nonce.
[[nodiscard]] std::string seal(const SealKey& key, std::string_view secret, base::Random& random);
// nullopt: another key, or changed.
[[nodiscard]] std::optional<std::string> unseal(const SealKey& key, std::string_view sealed);
// A name for `text` that only who has the key can make again.
[[nodiscard]] std::string keyed_mark(const SealKey& key, std::string_view text);

}  // namespace identity
