// Looks again at who holds a stream. A request is let in once, but an event stream or a WebSocket
// may outlive its token, its session or its holder's membership: it ends soon after a new request
// with the same credential would be refused.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/timers.hpp"
#include "features/identity/authenticator.hpp"
#include "http/router.hpp"

namespace app {

class StreamWatch {
 public:
  // `executor` does the looking, so that the loops only serve. All outlive the watch.
  StreamWatch(identity::Authenticator& identity, const base::Clock& clock, base::Timers& timers,
              base::Executor& executor);

  // On the exchange's loop, after its caller was let in and when it is over. A short lock; nothing
  // is copied of the request.
  void add(http::Exchange& exchange);
  void remove(http::Exchange& exchange);

  void start();
  void stop();

 private:
  // The serial tells an exchange from a later one in the same place.
  struct Place {
    std::size_t index = 0;
    std::uint64_t serial = 0;
  };
  struct Entry {
    http::Exchange* exchange = nullptr;  // touched on its loop only; null: free
    base::Executor* loop = nullptr;
    base::Instant due;
    std::uint64_t serial = 0;
  };
  void sweep();
  void look(Place place);
  base::Task<void> check(Place place, identity::Authenticator::Sent sent, http::Scope scope);
  void keep(Place place, base::Instant expires_at);
  void cut(Place place, base::Error why);
  // Under the lock; null when that exchange is over.
  [[nodiscard]] Entry* find(Place place);

  identity::Authenticator& identity_;
  const base::Clock& clock_;
  base::Timers& timers_;
  base::Executor& executor_;
  std::mutex mutex_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> free_;
  std::uint64_t serial_ = 0;
  std::optional<base::TimerId> timer_;
  bool running_ = false;
};

}  // namespace app
