// A server with one plain JSON route, for measuring the HTTP layer alone against nginx
// (bench/http_probe.sh). Not part of the product.
//   http_probe [listen] [threads]      prints its address, runs until SIGTERM
#include <csignal>
#include <thread>

#include <fmt/core.h>

#include "http/server.hpp"

namespace {

class OpenPipeline final : public http::Pipeline {
 public:
  base::Result<http::Step> before(http::Exchange&) override { return http::Step::proceed; }
  base::Task<base::Result<http::Step>> before_async(http::Exchange&) override {
    co_return http::Step::proceed;
  }
  void decorate(http::Exchange&) override {}
  void after(http::Exchange&) override {}
};

base::Result<void> answer(http::Exchange& exchange) {
  exchange.response.body.append(
      R"({"remaining_seconds":17999,"rate":1,"as_of":"2026-11-22T10:00:04.250Z"})");
  return {};
}

}  // namespace

int main(int count, char** arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  http::ServerOptions options;
  options.listen = count > 1 ? arguments[1] : "127.0.0.1:0";
  options.threads = count > 2 ? std::atoi(arguments[2]) : 1;
  const base::SystemClock clock;
  base::SystemRandom random;
  base::Log log({}, clock);
  http::Router router;
  router.get("/v1/probe", {.access = http::Access::open}, answer);
  router.compile();
  OpenPipeline pipeline;
  http::Server server(options, router, pipeline, clock, random, log);
  if (const auto bound = server.listen(); !bound) {
    fmt::print(stderr, "{}\n", bound.error().detail);
    return 3;
  }
  fmt::print("{}\n", server.address());
  std::fflush(stdout);
  std::jthread waiter([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop();
  });
  server.run();
  return 0;
}
