// A place that requests are forwarded to: where it is, how long to wait for it, and whether it can
// be reached. Thread-safe; outlives the server. Each loop has connections of its own
// (upstream_pool.hpp).
//
// Health is what real requests see: three connections in a row that cannot be made take it out for
// a second, after which one request a second tries; the first that connects brings it back.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace http {

struct UpstreamOptions {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 80;
  base::Millis connect_timeout{2'000};
  base::Millis first_byte_timeout{60'000};  // from the end of the request to the answer's head
  base::Millis idle_timeout{60'000};        // silence within an answer or a WebSocket
  base::Millis keep_timeout{30'000};        // an unused connection is kept for so long
  std::size_t keep_alive = 64;              // unused connections kept by each loop
};

struct UpstreamHealth {
  bool up = true;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;  // answered 502, 503 or 504 by us
};

class Upstream {
 public:
  explicit Upstream(UpstreamOptions options) : options_(std::move(options)) {}

  [[nodiscard]] const UpstreamOptions& options() const { return options_; }
  // False while it is out, except for the one request a second that tries.
  [[nodiscard]] bool may_try(base::Instant now);
  void note_reached();
  void note_unreachable(base::Instant now);
  void count_request() { requests_.fetch_add(1, std::memory_order_relaxed); }
  void count_failure() { failures_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] UpstreamHealth health() const;

 private:
  const UpstreamOptions options_;
  std::atomic<int> unreachable_in_a_row_ = 0;
  std::atomic<std::int64_t> next_try_us_ = 0;  // 0: it is in
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
};

}  // namespace http
