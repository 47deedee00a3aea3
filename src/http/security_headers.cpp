#include "http/security_headers.hpp"

namespace http {
namespace {

// Styles: the chart and the editor insert theirs at run time, so style-src allows inline styles;
// scripts come from our files only.
constexpr std::string_view kPage =
    "Content-Security-Policy: default-src 'self'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";
// As a document of its own such an answer can load nothing and be framed by nobody.
constexpr std::string_view kData =
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n";

bool is_data(std::string_view content_type) {
  return content_type.starts_with("application/json") ||
         content_type.starts_with("application/problem+json") ||
         content_type.starts_with("text/csv") || content_type.starts_with("text/event-stream");
}

}  // namespace

std::string_view security_headers(std::string_view content_type) {
  return is_data(content_type) ? kData : kPage;
}

std::string_view transport_security_header() {
  return "Strict-Transport-Security: max-age=31536000\r\n";
}

}  // namespace http
