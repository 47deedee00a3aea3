// Status codes that leave the server.
#pragma once

#include <string_view>

namespace http {

// "Not Found"; "Unknown" for a number this server never sends.
[[nodiscard]] std::string_view status_text(int status);
// 1xx, 204 and 304 have no body, whatever a handler wrote.
[[nodiscard]] constexpr bool status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace http
