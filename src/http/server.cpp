#include "http/server.hpp"

#include <charconv>
#include <optional>
#include <thread>

#include "http/loop.hpp"

namespace http {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Server::State {
  ServerShared shared;
  std::optional<asio::ssl::context> tls;
  std::vector<std::unique_ptr<Loop>> loops;
  std::string address;
};

namespace {

// "host:port" with an address, not a name; "[::1]:8080" for IPv6.
std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string host{text.substr(0, colon)};
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (error || parsed.ec != std::errc{} || parsed.ptr != end || port > 65'535) return std::nullopt;
  return tcp::endpoint{address, static_cast<std::uint16_t>(port)};
}

std::string url_of(const tcp::endpoint& endpoint, bool tls) {
  const std::string host = endpoint.address().to_string();
  return std::string(tls ? "https://" : "http://") +
         (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port());
}

// SO_REUSEPORT lets two servers of one user share a port without a word: ask first, as a socket
// that does not share.
void check_free(const tcp::endpoint& endpoint) {
  if (endpoint.port() == 0) return;
  asio::io_context io;
  const tcp::acceptor probe(io, endpoint, true);
}

asio::ssl::context make_tls(const ServerOptions& options) {
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                  asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                  asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression);
  tls.use_certificate_chain_file(options.tls_certificate);
  tls.use_private_key_file(options.tls_key, asio::ssl::context::pem);
  return tls;
}

}  // namespace

Server::Server(ServerOptions options, const Router& router, Pipeline& pipeline,
               const base::Clock& clock, base::Random& random, base::Log& log)
    : state_(new State{.shared{.options = std::move(options),
                               .router = router,
                               .pipeline = pipeline,
                               .clock = clock,
                               .random = random,
                               .log = log,
                               .proxies{},
                               .head_limits{},
                               .random_mutex{}},
                       .tls{},
                       .loops{},
                       .address{}}) {
  const ServerOptions& given = state_->shared.options;
  state_->shared.head_limits = {given.max_header_bytes, given.max_headers, given.max_target_bytes};
}

Server::~Server() {
  // A handler that waits for a lane will be resumed through its loop's Executor: then the loop has
  // to outlive the server, that is, last until the process ends.
  bool leftovers = false;
  for (const auto& loop : state_->loops) leftovers = leftovers || loop->has_leftovers();
  if (!leftovers) return;
  static auto* const kept = new std::vector<std::unique_ptr<State>>;  // never destroyed
  kept->push_back(std::move(state_));
}

base::Result<void> Server::listen() {
  State& state = *state_;
  const ServerOptions& options = state.shared.options;
  auto endpoint = parse_endpoint(options.listen);
  if (!endpoint)
    return base::fail_internal("listen: \"" + options.listen +
                               "\" is not an address and port such as 127.0.0.1:8080");
  RL_TRY(state.shared.proxies, TrustedProxies::parse(options.trusted_proxies));
  try {
    if (!options.tls_certificate.empty() || !options.tls_key.empty())
      state.tls.emplace(make_tls(options));
  } catch (const boost::system::system_error& broken) {
    return base::fail_internal("TLS certificate or key cannot be used: " + broken.code().message());
  }
  const int threads = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  try {
    check_free(*endpoint);
    for (int i = 0; i < threads; ++i) {
      state.loops.push_back(
          std::make_unique<Loop>(state.shared, state.tls ? &*state.tls : nullptr));
      endpoint->port(state.loops.back()->listen(*endpoint));
    }
  } catch (const boost::system::system_error& broken) {
    state.loops.clear();
    return base::fail_internal("cannot listen on " + options.listen + ": " +
                               broken.code().message());
  }
  state.address = url_of(*endpoint, state.tls.has_value());
  return {};
}

std::string Server::address() const { return state_->address; }

void Server::run() {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < state_->loops.size(); ++i)
    threads.emplace_back([loop = state_->loops[i].get()] { loop->run(); });
  if (!state_->loops.empty()) state_->loops.front()->run();
}

void Server::stop() {
  for (const auto& loop : state_->loops) loop->stop();
}

std::vector<base::Executor*> Server::loops() const {
  std::vector<base::Executor*> executors;
  for (const auto& loop : state_->loops) executors.push_back(loop.get());
  return executors;
}

ServerStats Server::stats() const {
  ServerStats stats;
  stats.connections_open = state_->shared.connections_open.load(std::memory_order_relaxed);
  for (const auto& loop : state_->loops) {
    stats.connections_total += loop->services().connections_total.value();
    stats.requests_total += loop->services().requests_total.value();
    stats.parse_errors_total += loop->services().parse_errors_total.value();
  }
  return stats;
}

}  // namespace http
