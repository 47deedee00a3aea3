// Routes are registered at start-up and compiled once; a look-up allocates nothing. What a route
// allows and costs is data beside it (RoutePolicy), so that the pipeline, /openapi.json and the
// docs read the same table.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/exchange.hpp"

namespace http {

enum class Access : std::uint8_t { open, signed_in, operator_only, signature };
enum class CostClass : std::uint8_t {
  free,
  light,
  work,
  guess
};  // guess: sign-in, registration, checkout
enum class BodyMode : std::uint8_t { buffered, streamed };
// How a cookie caller proves that no other site sent the request: by our page's token, or, for
// applications that know none, by the browser's word on the origin.
enum class Csrf : std::uint8_t { token, same_origin };
// What ends a handler that waits when the time runs out: everything the account does, or the
// exchange alone, by its Interrupt.
enum class CutBy : std::uint8_t { account, interrupt };

struct RoutePolicy {
  Access access = Access::signed_in;  // deny by default
  Scope scope = Scope::own;           // what a signed-in caller must hold; no API key holds `own`
  bool metered = false;               // needs balance, and its time is proof of use
  bool beat = false;                  // metered, and says that a visible page is in use
  CostClass cost = CostClass::light;
  BodyMode body = BodyMode::buffered;
  std::size_t max_body_bytes = 1'048'576;
  Csrf csrf = Csrf::token;
  CutBy cut = CutBy::account;
  bool lasting = false;        // its answer may outlive the credential, which is looked at again
  bool forward_auth = false;   // a refusal is also told in headers
  bool foreign_query = false;  // the query is an application's: not read here, not judged
};

// A handler that never waits: the hot path, no coroutine frame.
using PlainHandler = std::function<base::Result<void>(Exchange&)>;
// A handler that awaits lanes. The Exchange lives until the answer is sent.
using AsyncHandler = std::function<base::Task<base::Result<void>>(Exchange&)>;

struct Route {
  Method method = Method::get;
  std::string pattern;  // "/v1/runs/{id}"; a last segment "{rest...}" takes the remainder
  RoutePolicy policy;
  std::variant<PlainHandler, AsyncHandler> handler;
};

struct Match {
  const Route* route = nullptr;  // null: no such path or method
  // "GET, HEAD, OPTIONS" when the path exists without this method (405), else empty (404).
  std::string_view allow;
  std::size_t value_count = 0;  // placeholders of the pattern; the first so many of `values`
};

class Router {
 public:
  Router();
  ~Router();
  // HEAD is answered from GET; OPTIONS by the server (204 with Allow), after Pipeline::before().
  // Registering a pattern twice is a bug (RL_CHECK).
  void add(Route route);
  void get(std::string pattern, RoutePolicy policy, PlainHandler handler);
  void add_async(Method method, std::string pattern, RoutePolicy policy, AsyncHandler handler);
  void compile();
  // `values` only grows, its first Match::value_count strings are the decoded placeholders: memory
  // is reused. A literal segment wins over a placeholder, a placeholder over {rest...}; the best
  // matching path decides, then the method. Needs compile().
  [[nodiscard]] Match find(Method method, std::string_view path,
                           std::vector<std::string>& values) const;
  [[nodiscard]] const std::vector<Route>& routes() const;

 private:
  struct Tree;
  std::vector<Route> routes_;
  std::unique_ptr<Tree> tree_;
};

}  // namespace http
