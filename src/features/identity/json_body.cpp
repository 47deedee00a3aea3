#include "features/identity/json_body.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "features/identity/credential.hpp"

namespace identity {

base::Result<boost::json::object> read_json_body(const http::Request& request) {
  const auto type = request.header("Content-Type").value_or("");
  if (!same_header_name(type.substr(0, std::min(type.find(';'), type.size())), "application/json"))
    return base::fail(base::ErrorCode::unsupported_media, "unsupported_media",
                      "Send JSON with Content-Type: application/json.");
  return base::parse_json_object(request.body);
}

}  // namespace identity
