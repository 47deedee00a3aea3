// The file that holds the signing key.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

struct evp_pkey_st;

namespace identity {

// Loads the key at `path`, or makes one: written whole to a file of mode 0600 beside it, synced,
// then linked into place, so that a crash leaves a whole key or none and two starts agree on one.
// `internal` with detail when the file is readable by others or holds another kind of key.
[[nodiscard]] base::Result<std::shared_ptr<evp_pkey_st>> load_or_make_ed25519(
    const std::string& folder, const std::string& path);

}  // namespace identity
