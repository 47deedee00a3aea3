// What surrounds every handler. The server calls before() with the request parsed (headers and, for
// buffered routes, body); app/pipeline.cpp implements it as one commented list.
#pragma once

#include "http/exchange.hpp"
#include "http/router.hpp"

namespace http {

enum class Step : std::uint8_t {
  proceed,   // run the handler
  answered,  // the response is complete (preflight, 304 …)
  wait,      // call before_async() and decide then
};

class Pipeline {
 public:
  virtual ~Pipeline() = default;
  // Runs when the header is complete, before a body is read: a refused caller never gets to upload.
  // exchange.route is set (paths and methods without a route are answered 404/405 without it); the
  // error is rendered as problem+json. For OPTIONS the route is the one of
  // Access-Control-Request-Method, else any of that path: answer a preflight or proceed, and ask
  // for no credential. Never blocks, never allocates on the hot path.
  virtual base::Result<Step> before(Exchange& exchange) = 0;
  // The slow half, e.g. a credential that is not in the cache. May co_await lanes. `wait` is no
  // valid answer here.
  virtual base::Task<base::Result<Step>> before_async(Exchange& exchange) = 0;
  // Adds headers to the answer (limits, remaining time, security headers) before it is written.
  // Also for errors; exchange.route may be null.
  virtual void decorate(Exchange& exchange) = 0;
  // The answer, streams included, was handed to the connection (or the client left): proof of use,
  // access line, metrics. exchange.finished is set. Called once for every exchange that before()
  // saw, and, with exchange.route == nullptr, for paths and methods without a route. Requests that
  // are no HTTP are only counted (ServerStats::parse_errors_total).
  virtual void after(Exchange& exchange) = 0;
};

}  // namespace http
