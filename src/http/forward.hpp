// Hands one request to an upstream and its answer to the client, both streamed with back-pressure;
// after an answer 101 the two connections are one pipe (WebSocket). What the messages say is
// decided by the rules given; here is only how they travel:
//   - an unused connection is taken, else one is made; when an idempotent request without a body to
//     come meets a connection that the upstream had closed, it is sent once more on a new one;
//   - an answer that is small or all there leaves in one write with its head, any other is relayed;
//   - trailers are dropped, chunks are made anew, so nothing of the framing passes through;
//   - exchange.interrupt ends it: before the answer by ForwardEnd::cut or client_left; an event
//     stream by a last event, a WebSocket by a close frame 4402, anything else by a cut connection;
//   - a WebSocket that the upstream drops without a close frame of its own gets one, 4502 or 4504.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "http/exchange.hpp"
#include "http/upstream.hpp"
#include "http/upstream_head.hpp"

namespace http {

class ForwardRules {
 public:
  virtual ~ForwardRules() = default;
  // The request line and the header lines; not the framing, Connection, Upgrade, the empty line.
  virtual void append_request_head(std::string& out, const Exchange& exchange) const = 0;
  // Header lines for the client; not the framing, Connection, Upgrade, Date, X-Request-Id.
  virtual void append_answer_headers(std::string& out, const Exchange& exchange,
                                     const UpstreamHead& head) const = 0;
};

// Why there is no answer, else `answered`.
enum class ForwardEnd : std::uint8_t {
  answered,
  unavailable,  // the upstream is out; nothing was tried
  unreachable,  // no connection could be made
  broken,       // it closed the connection without an answer
  malformed,    // what it said is no HTTP
  slow,         // it did not answer in time
  body_failed,  // the client's body did not arrive; the connection knows why
  client_left,
  cut,  // exchange.interrupt->cut says why
};

// Whether the request asks for a WebSocket, and may: it has no body.
[[nodiscard]] bool asks_for_websocket(const Request& request);

// A streamed route's handler calls this once, on the loop; `upstream`, `rules` and `clock` outlive
// the server.
base::Task<ForwardEnd> forward(Exchange& exchange, Upstream& upstream, const ForwardRules& rules,
                               const base::Clock& clock);

}  // namespace http
