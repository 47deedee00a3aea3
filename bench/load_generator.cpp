// A closed loop of kept-alive connections, one request each at a time, for bench/run.mjs. It reads
// of an answer only its status and its length, so that it can ask faster than the servers answer: a
// generator that parses every header is slower than they are and measures itself (docs/adr/0020).
// Not part of the product.
//   load_generator <port> <connections> <milliseconds> <file with the request's bytes>
// Prints {"requests":…,"seconds":…}; ends with 1 when an answer is not 2xx or a connection breaks.
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

struct Client {
  int socket = -1;
  std::string received = std::string(16 * 1024, '\0');
  std::size_t size = 0;
};

[[noreturn]] void fail(std::string_view what) { throw std::runtime_error(std::string{what}); }

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    fail("cannot connect");
  return socket;
}

void send_request(const Client& client, std::string_view request) {
  if (send(client.socket, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    fail("a request was not taken whole");
}

// True when a whole answer has come.
bool whole(std::string_view answer) {
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t end = answer.find(kEnd);
  if (end == std::string_view::npos) return false;
  if (!answer.starts_with("HTTP/1.1 2")) fail(answer.substr(0, answer.find('\r')));
  const std::size_t at = answer.find(kLength);
  std::size_t length = 0;
  if (at > end ||
      std::from_chars(answer.data() + at + kLength.size(), answer.data() + end, length).ec !=
          std::errc{})
    fail("an answer without a length");
  return answer.size() == end + kEnd.size() + length;
}

// The number of answers that came whole.
std::uint64_t run(std::vector<Client>& clients, std::string_view request, Clock::time_point until) {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    epoll_event event{.events = EPOLLOUT, .data = {.u64 = i}};
    if (epoll_ctl(set, EPOLL_CTL_ADD, clients[i].socket, &event) != 0) fail("epoll_ctl");
  }
  std::uint64_t answers = 0;
  std::array<epoll_event, 256> events{};
  while (Clock::now() < until) {
    const int count = epoll_wait(set, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < count; ++i) {
      epoll_event& event = events[static_cast<std::size_t>(i)];
      Client& client = clients[event.data.u64];
      if ((event.events & EPOLLOUT) != 0) {
        event.events = EPOLLIN;
        if (epoll_ctl(set, EPOLL_CTL_MOD, client.socket, &event) != 0) fail("epoll_ctl");
        send_request(client, request);
        continue;
      }
      const ssize_t got = recv(client.socket, client.received.data() + client.size,
                               client.received.size() - client.size, 0);
      if (got <= 0) fail("a connection broke");
      client.size += static_cast<std::size_t>(got);
      if (!whole(std::string_view{client.received}.substr(0, client.size))) continue;
      client.size = 0;
      ++answers;
      send_request(client, request);
    }
  }
  close(set);
  return answers;
}

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

int load(char** arguments) {
  std::ifstream file(arguments[4], std::ios::binary);
  const std::string request{std::istreambuf_iterator<char>{file}, {}};
  std::vector<Client> clients(number(arguments[2]));
  for (Client& client : clients)
    client.socket = connect_to(static_cast<std::uint16_t>(number(arguments[1])));
  const auto begin = Clock::now();
  const std::uint64_t answers =
      run(clients, request, begin + std::chrono::milliseconds{number(arguments[3])});
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  fmt::print("{{\"requests\":{},\"seconds\":{:.6f}}}\n", answers, seconds.count());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count == 5) return load(arguments);
    fmt::print(stderr, "usage: load_generator PORT CONNECTIONS MILLISECONDS FILE\n");
  } catch (const std::exception& failed) {
    fmt::print(stderr, "load_generator: {}\n", failed.what());
  }
  return 1;
}
