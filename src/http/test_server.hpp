// For this folder's tests: a real server on a free port, and a client of plain sockets that sends
// exactly the bytes it is told to.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/server.hpp"

namespace http {

// Refuses what carries "X-Test: refuse", decides later on "X-Test: wait" and "X-Test: wait-refuse".
class TestPipeline final : public Pipeline {
 public:
  base::Result<Step> before(Exchange& exchange) override;
  base::Task<base::Result<Step>> before_async(Exchange& exchange) override;
  void decorate(Exchange& exchange) override;
  void after(Exchange& exchange) override;

  struct Seen {
    std::string target;
    int status;
    std::string peer;
    bool secure;
  };
  [[nodiscard]] std::vector<Seen> seen() const;
  // Blocks until after() was called `count` times.
  void wait_for(std::size_t count) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::atomic<std::size_t> count_ = 0;
};

class TestServer {
 public:
  explicit TestServer(const std::function<void(Router&)>& add_routes, ServerOptions options = {});
  ~TestServer();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Asks the server to stop; finish() waits until run() has returned.
  void stop() { server.stop(); }
  void finish();

  base::SystemClock clock;
  base::SystemRandom random;
  base::Log log;
  Router router;
  TestPipeline pipeline;
  Server server;

 private:
  std::uint16_t port_ = 0;
  std::thread thread_;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool complete = false;  // framing was right to the end
};

class TestClient {
 public:
  explicit TestClient(std::uint16_t port);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // False when the server has closed.
  bool send(std::string_view bytes);
  void stop_sending();
  void reset();  // closes with RST
  // Sends as much of an endless body as the server takes before it stops reading; bytes sent.
  std::size_t send_until_blocked(std::size_t most);
  // The next answer; `head`: without body.
  Answer read_answer(bool head = false);
  Answer ask(std::string_view bytes) {
    send(bytes);
    return read_answer();
  }
  // Until `mark` has arrived; everything up to and including it.
  std::string read_until(std::string_view mark);
  // Until the server closes.
  std::string read_rest();
  [[nodiscard]] bool closed_by_server() { return read_rest().empty() && ended_; }

 private:
  bool fill();
  int socket_;
  std::string buffer_;
  bool ended_ = false;
};

// "GET target HTTP/1.1" with Host and further header lines.
std::string get(std::string_view target, std::string_view lines = "");
std::string post(std::string_view target, std::string_view body, std::string_view lines = "");

}  // namespace http
