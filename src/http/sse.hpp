// Server-sent events: a BodySource that a service feeds from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/timers.hpp"
#include "http/exchange.hpp"

namespace http {

// A bounded queue of events between a producer (any thread) and one connection. When the client is
// too slow the oldest pending event is dropped (each event is a full state, so the newest is what
// matters).
class EventChannel {
 public:
  EventChannel();
  ~EventChannel();
  // `data` is one line of JSON. Thread-safe.
  void send(std::string_view event, std::string_view data, std::uint64_t id);
  // Sends what is pending, then ends the stream. Thread-safe.
  void finish();
  [[nodiscard]] bool client_gone() const;

  struct State;
  std::shared_ptr<State> state;
};

// Answers with text/event-stream fed by `channel`; a comment goes out every `keep_alive` without
// events. When the exchange is cut from outside, its last event is `problem`.
void answer_with_events(Exchange& exchange, const EventChannel& channel, base::Timers& timers,
                        const base::Clock& clock,
                        std::chrono::seconds keep_alive = std::chrono::seconds{15});

}  // namespace http
