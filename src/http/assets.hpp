// Files of the page, embedded in the binary. A file may have twins made at build time, `name.br`
// and `name.gz`; the request's Accept-Encoding picks one. Each form has its own strong ETag.
#pragma once

#include <span>
#include <string_view>

#include "base/embedded.hpp"
#include "http/router.hpp"

namespace http {

// Adds GET routes, open to all and free: "/<path>" for every file; pages without ".html", "/" for
// index.html. Files below assets/ carry a hash in their name and are cached for ever; the rest is
// revalidated. The bytes outlive the router.
void add_asset_routes(Router& router, std::span<const base::EmbeddedFile> files);

[[nodiscard]] std::string_view content_type_of(std::string_view path);

}  // namespace http
