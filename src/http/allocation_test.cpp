// Not under a sanitizer: operator new is the sanitizer's own there, and it must see every call.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "http/test_server.hpp"

namespace {

// Allocations of this thread, for the whole test program.
thread_local std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace http {
namespace {

class QuietPipeline final : public Pipeline {
 public:
  base::Result<Step> before(Exchange&) override { return Step::proceed; }
  base::Task<base::Result<Step>> before_async(Exchange&) override { co_return Step::proceed; }
  void decorate(Exchange& exchange) override {
    exchange.response.header("RateLimit-Policy", "\"minute\";q=600;w=60");
    exchange.response.header("RateLimit", "\"minute\";r=599;t=1");
  }
  void after(Exchange&) override {}
};

TEST(Allocation, APlainRequestOnAWarmConnectionAllocatesNothing) {
  const base::SystemClock clock;
  base::SystemRandom random;
  base::Log log({}, clock);
  std::atomic<std::size_t> seen = 0;  // by the loop's thread, read at each request
  Router router;
  router.get("/v1/runs/{id}", {}, [&seen](Exchange& exchange) -> base::Result<void> {
    exchange.response.body.append(R"({"id":")").append(exchange.path_values[0]).append("\"}");
    seen = allocations;
    return {};
  });
  router.compile();
  QuietPipeline pipeline;
  Server server({.listen = "127.0.0.1:0", .threads = 1}, router, pipeline, clock, random, log);
  ASSERT_TRUE(server.listen());
  std::jthread thread([&] { server.run(); });
  const std::string address = server.address();
  {
    TestClient client(
        static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    const std::string request = get("/v1/runs/run_01JD8Z0000000000000000000", "Accept: */*\r\n");
    for (int i = 0; i < 20; ++i) EXPECT_EQ(client.ask(request).status, 200);
    const std::size_t warm = seen;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(client.ask(request).status, 200);
    EXPECT_EQ(seen, warm);
  }
  server.stop();
}

}  // namespace
}  // namespace http

#endif
