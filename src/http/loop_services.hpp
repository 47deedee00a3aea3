// What the connections of one loop share. One thread, except where atomics say otherwise.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/request_head.hpp"
#include "http/server.hpp"
#include "http/trusted_proxies.hpp"
#include "http/wait_list.hpp"

namespace http {

// What all loops share.
struct ServerShared {
  ServerOptions options;
  const Router& router;
  Pipeline& pipeline;
  const base::Clock& clock;
  base::Random& random;
  base::Log& log;
  TrustedProxies proxies;
  HeadLimits head_limits;
  std::mutex random_mutex;  // a seeded Random is for one thread
  std::atomic<std::uint64_t> connections_open = 0;
};

// Written by the loop, read by anybody.
class Counter {
 public:
  void increment() {
    value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// What a loop keeps for somebody (connections to an upstream) and ends with it.
class LoopPart {
 public:
  virtual ~LoopPart() = default;
  // The loop ends: let go of what nobody uses, so that nothing of it is pending any more.
  virtual void end() = 0;
};

class Connection;

class LoopServices {
 public:
  LoopServices(ServerShared& its_shared, base::Executor& its_executor);

  // "Date: …\r\n", formatted once a second.
  [[nodiscard]] std::string_view date_line(base::Instant now);
  // By the address of whom it is kept for; null when there is none.
  [[nodiscard]] LoopPart* find_part(const void* of) const;
  LoopPart& add_part(const void* of, std::unique_ptr<LoopPart> part);
  void end_parts();
  // Appends a fresh request id of 22 characters: unique, no secret.
  void append_request_id(std::string& out);

  ServerShared& shared;
  base::Executor& executor;
  WaitLists waits;
  Counter connections_total;
  Counter requests_total;
  Counter parse_errors_total;
  std::uint64_t connections = 0;  // alive in this loop, the closed ones with a running handler too
  bool draining = false;
  // Answers made while several sockets are read in turn leave together when all have been read.
  bool gathering = false;
  std::vector<Connection*> unsent{};

 private:
  std::vector<std::pair<const void*, std::unique_ptr<LoopPart>>> parts_;
  std::int64_t date_second_ = -1;
  std::string date_line_;
  std::array<std::uint64_t, 2> request_number_{};  // random at the start
};

}  // namespace http
