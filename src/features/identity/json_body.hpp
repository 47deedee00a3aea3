// The JSON body of a request. A form of another site can send text/plain, not this: what a
// stranger's page makes a browser send is refused.
#pragma once

#include <boost/json/object.hpp>

#include "base/result.hpp"
#include "http/exchange.hpp"

namespace identity {

// `unsupported_media` without Content-Type: application/json; `malformed`.
[[nodiscard]] base::Result<boost::json::object> read_json_body(const http::Request& request);

}  // namespace identity
