#include "http/status.hpp"

#include <algorithm>
#include <array>

namespace http {
namespace {

struct Status {
  int code;
  std::string_view text;
};

// Sorted by code.
constexpr std::array kStatuses{
    Status{101, "Switching Protocols"},
    Status{200, "OK"},
    Status{201, "Created"},
    Status{202, "Accepted"},
    Status{204, "No Content"},
    Status{206, "Partial Content"},
    Status{301, "Moved Permanently"},
    Status{302, "Found"},
    Status{303, "See Other"},
    Status{304, "Not Modified"},
    Status{307, "Temporary Redirect"},
    Status{308, "Permanent Redirect"},
    Status{400, "Bad Request"},
    Status{401, "Unauthorized"},
    Status{402, "Payment Required"},
    Status{403, "Forbidden"},
    Status{404, "Not Found"},
    Status{405, "Method Not Allowed"},
    Status{408, "Request Timeout"},
    Status{409, "Conflict"},
    Status{410, "Gone"},
    Status{412, "Precondition Failed"},
    Status{413, "Content Too Large"},
    Status{414, "URI Too Long"},
    Status{415, "Unsupported Media Type"},
    Status{416, "Range Not Satisfiable"},
    Status{417, "Expectation Failed"},
    Status{422, "Unprocessable Content"},
    Status{428, "Precondition Required"},
    Status{429, "Too Many Requests"},
    Status{431, "Request Header Fields Too Large"},
    Status{499, "Client Closed Request"},
    Status{500, "Internal Server Error"},
    Status{501, "Not Implemented"},
    Status{502, "Bad Gateway"},
    Status{503, "Service Unavailable"},
    Status{504, "Gateway Timeout"},
    Status{505, "HTTP Version Not Supported"},
};
static_assert(std::ranges::is_sorted(kStatuses, {}, &Status::code));

}  // namespace

std::string_view status_text(int status) {
  const auto* found = std::ranges::lower_bound(kStatuses, status, {}, &Status::code);
  return found != kStatuses.end() && found->code == status ? found->text : "Unknown";
}

}  // namespace http
