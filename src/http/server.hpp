// The HTTP server: a loop per thread, each with its own listening socket (SO_REUSEPORT), epoll and
// connections.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/executor.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "http/pipeline.hpp"
#include "http/router.hpp"

namespace http {

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";       // port 0 picks a free one
  int threads = 0;                             // 0: one per core
  std::vector<std::string> trusted_proxies{};  // addresses or CIDR
  std::string tls_certificate{};               // PEM paths; both or none
  std::string tls_key{};
  std::size_t max_connections = 10'000;
  int header_timeout_ms = 5'000;
  int body_timeout_ms = 30'000;  // without progress
  int idle_timeout_ms = 75'000;
  std::size_t max_header_bytes = 16'384;
  std::size_t max_headers = 100;
  std::size_t max_target_bytes = 8'192;
  std::size_t max_body_bytes =
      1'048'576;  // cap for buffered routes, over RoutePolicy::max_body_bytes
  int drain_seconds = 20;
};

struct ServerStats {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_total = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t parse_errors_total = 0;
};

class Server {
 public:
  // Everything passed by reference outlives the server. `router` is compiled.
  Server(ServerOptions options, const Router& router, Pipeline& pipeline, const base::Clock& clock,
         base::Random& random, base::Log& log);
  ~Server();
  // Binds; `internal` with a plain reason in detail when it cannot (address in use, bad
  // certificate).
  [[nodiscard]] base::Result<void> listen();
  [[nodiscard]] std::string address() const;  // "http://127.0.0.1:43211"
  // Runs the loops until stop(); returns when every connection ended or drain_seconds passed.
  void run();
  // Thread-safe and signal-thread safe: stop accepting, finish what runs, tell streams to end.
  void stop();
  // The loops' executors, for background coroutines that need one (valid from listen() until run()
  // returns).
  [[nodiscard]] std::vector<base::Executor*> loops() const;
  [[nodiscard]] ServerStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace http
