// Small outbound HTTP/1.1 client: one request, one answer, a deadline over both, a bound on the
// answer. https proves the peer's name against the system's authorities; plain http goes to
// loopback only. Redirects are not followed: a 3xx is an answer like any other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"

namespace http {

struct ClientRequest {
  std::string method = "POST";
  std::string url;  // https://host[:port]/path?query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  base::Millis timeout{5'000};
  std::size_t max_answer_bytes = 1'048'576;
};

struct ClientAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // Value of the first such header, without case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

// Would fetch() call it? https to anywhere, http to loopback; no user name, no fragment.
[[nodiscard]] bool is_callable_url(std::string_view url);

// Runs on the current executor, an HTTP loop or a BackgroundLoop. Errors: `internal` with what
// failed in detail.
base::Task<base::Result<ClientAnswer>> fetch(ClientRequest request);

}  // namespace http
