// A head that was read, as the request that routes see; its texts stay where the head has them.
#pragma once

#include "http/exchange.hpp"
#include "http/request_head.hpp"

namespace fuzz {

inline http::Request request_of(const http::RequestHead& head) {
  http::Request request;
  request.method = head.method;
  request.target = head.target;
  request.path = head.path;
  request.query = head.query;
  request.headers = head.headers;
  return request;
}

}  // namespace fuzz
