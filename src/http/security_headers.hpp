// Headers that make a browser distrust everything but this page, as prepared blocks of lines for
// Response::fixed_headers.
#pragma once

#include <string_view>

namespace http {

// By media type: data is never rendered, framed or run; the page may load its own files.
[[nodiscard]] std::string_view security_headers(std::string_view content_type);
// Strict-Transport-Security, only for answers that go out under TLS.
[[nodiscard]] std::string_view transport_security_header();

}  // namespace http
