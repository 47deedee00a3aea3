#include "http/test_server.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/text.hpp"

namespace http {

base::Result<Step> TestPipeline::before(Exchange& exchange) {
  const auto wish = exchange.request.header("x-test").value_or("");
  if (wish == "refuse")
    return base::fail(base::ErrorCode::unauthenticated, "unauthenticated", "Please sign in.");
  if (wish == "throw") throw std::runtime_error("pipeline broke at /secret/path");
  if (wish == "answered") {
    exchange.response.status = 204;
    return Step::answered;
  }
  return wish.starts_with("wait") ? Step::wait : Step::proceed;
}

base::Task<base::Result<Step>> TestPipeline::before_async(Exchange& exchange) {
  base::Completion<int> turn;
  exchange.loop->post([sender = turn.sender()]() mutable { sender.set(1); });
  co_await turn;
  if (exchange.request.header("x-test") == "wait-refuse")
    co_return base::fail(base::ErrorCode::payment_required, "hours_exhausted", "Buy hours.");
  co_return Step::proceed;
}

void TestPipeline::decorate(Exchange& exchange) { exchange.response.header("X-Decorated", "yes"); }

void TestPipeline::after(Exchange& exchange) {
  const Request& request = exchange.request;
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back({std::string(request.target), exchange.response.status,
                     std::string(request.peer_address), request.secure});
  }
  ++count_;
  count_.notify_all();
}

std::vector<TestPipeline::Seen> TestPipeline::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void TestPipeline::wait_for(std::size_t count) const {
  for (std::size_t now = count_; now < count; now = count_) count_.wait(now);
}

namespace {

ServerOptions for_test(ServerOptions options) {
  options.listen = "127.0.0.1:0";
  if (options.threads == 0) options.threads = 1;
  return options;
}

}  // namespace

TestServer::TestServer(const std::function<void(Router&)>& add_routes, ServerOptions options)
    : log({}, clock), server(for_test(std::move(options)), router, pipeline, clock, random, log) {
  add_routes(router);
  router.compile();
  if (const auto bound = server.listen(); !bound) throw std::runtime_error(bound.error().detail);
  const std::string address = server.address();
  port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  thread_ = std::thread([this] { server.run(); });
}

TestServer::~TestServer() {
  server.stop();
  finish();
}

void TestServer::finish() {
  if (thread_.joinable()) thread_.join();
}

TestClient::TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  // A test that waits this long has failed; it is no measure of speed.
  const timeval patience{20, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect");
}

TestClient::~TestClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void TestClient::stop_sending() { ::shutdown(socket_, SHUT_WR); }

void TestClient::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(socket_);
  socket_ = -1;
}

std::size_t TestClient::send_until_blocked(std::size_t most) {
  const timeval patience{0, 300'000};
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const std::string piece(65'536, 'x');
  std::size_t total = 0;
  while (total < most) {
    const auto sent =
        ::send(socket_, piece.data(), std::min(piece.size(), most - total), MSG_NOSIGNAL);
    if (sent <= 0) break;
    total += static_cast<std::size_t>(sent);
  }
  const timeval forever{0, 0};
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &forever, sizeof forever);
  return total;
}

bool TestClient::fill() {
  char bytes[65'536];
  const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  ended_ = got == 0 || errno == ECONNRESET;
  return false;
}

std::string TestClient::read_until(std::string_view mark) {
  std::size_t at = 0;
  while ((at = buffer_.find(mark)) == std::string::npos)
    if (!fill()) return std::exchange(buffer_, {});
  std::string found = buffer_.substr(0, at + mark.size());
  buffer_.erase(0, found.size());
  return found;
}

std::string TestClient::read_rest() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

Answer TestClient::read_answer(bool head) {
  Answer answer;
  const std::string text = read_until("\r\n\r\n");
  if (!text.ends_with("\r\n\r\n") || !text.starts_with("HTTP/1.1 ")) return answer;
  answer.status = std::stoi(text.substr(9, 3));
  std::size_t at = text.find("\r\n") + 2;
  while (at + 2 < text.size()) {
    const auto end = text.find("\r\n", at);
    const auto colon = text.find(": ", at);
    std::string name = text.substr(at, colon - at);
    for (char& c : name) c = ascii_lower(c);
    answer.headers[name] = text.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  if (head || answer.status == 204 || answer.status == 304 || answer.status < 200) {
    answer.complete = true;
  } else if (answer.headers.contains("content-length")) {
    const auto size = static_cast<std::size_t>(std::stoul(answer.headers["content-length"]));
    while (buffer_.size() < size && fill()) {
    }
    answer.complete = buffer_.size() >= size;
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
  } else if (answer.headers.contains("transfer-encoding")) {
    for (;;) {
      const std::string line = read_until("\r\n");
      if (!line.ends_with("\r\n")) return answer;
      const auto size = static_cast<std::size_t>(std::stoul(line, nullptr, 16));
      while (buffer_.size() < size + 2 && fill()) {
      }
      if (buffer_.size() < size + 2) return answer;
      answer.body += buffer_.substr(0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) break;
    }
    answer.complete = true;
  } else {
    answer.body = read_rest();
    answer.complete = ended_;
  }
  return answer;
}

std::string get(std::string_view target, std::string_view lines) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(lines) + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view lines) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(lines) + "\r\n" + std::string(body);
}

}  // namespace http
