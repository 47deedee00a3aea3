#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "http/test_server.hpp"

namespace http {
namespace {

base::Task<base::Result<void>> answer_later(Exchange& exchange) {
  base::Completion<int> turn;
  exchange.loop->post([sender = turn.sender()]() mutable { sender.set(42); });
  const int value = co_await turn;
  exchange.response.body.append("later ").append(std::to_string(value));
  co_return base::Result<void>{};
}

// The loop is held up, so that all of these are read in one turn and their answers leave together.
TEST(Server, ClientsReadInOneTurnAllHearTheirAnswers) {
  std::atomic<bool> holding = false;
  std::atomic<bool> release = false;
  TestServer server([&](Router& router) {
    router.get("/name/{name}", {}, [](Exchange& exchange) -> base::Result<void> {
      exchange.response.body.append(exchange.path_values[0]);
      return {};
    });
    router.add_async(Method::get, "/later", {}, answer_later);
    router.get("/hold", {}, [&](Exchange&) -> base::Result<void> {
      holding = true;
      while (!release) std::this_thread::yield();
      return {};
    });
  });
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    EXPECT_EQ(clients.back()->ask(get("/name/first")).status, 200);
  }
  TestClient holder(server.port());
  holder.send(get("/hold"));
  while (!holding) std::this_thread::yield();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    auto& client = *clients[i];
    const auto name = "/name/" + std::to_string(i);
    if (i % 5 == 0) client.send(get(name));
    if (i % 5 == 1)
      client.send("GET " + name + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    if (i % 5 == 2) client.send(get(name) + get("/later") + get(name));
    if (i % 5 == 3)
      client.send(get(name) + get("/name/" + std::string(99, 'e')) + "nonsense\r\n\r\n");
    if (i % 5 == 4) {
      client.send(get(name));
      client.stop_sending();
    }
  }
  release = true;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    auto& client = *clients[i];
    EXPECT_EQ(client.read_answer().body, std::to_string(i));
    if (i % 5 == 2) {
      EXPECT_EQ(client.read_answer().body, "later 42");
      EXPECT_EQ(client.read_answer().body, std::to_string(i));
    }
    if (i % 5 == 3) {
      EXPECT_EQ(client.read_answer().body.size(), 99U);
      EXPECT_EQ(client.read_answer().status, 400);
    }
    if (i % 5 == 0) EXPECT_EQ(client.ask(get("/name/last")).body, "last");
  }
}

}  // namespace
}  // namespace http
