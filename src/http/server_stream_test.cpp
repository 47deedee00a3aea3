#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/timers.hpp"
#include "http/sse.hpp"
#include "http/test_server.hpp"

namespace http {
namespace {

// Gives `count` pieces of one letter each; remembers how far it got.
class Letters final : public BodySource {
 public:
  Letters(std::size_t count, std::size_t size, std::atomic<std::size_t>* given = nullptr)
      : count_(count), piece_(size, 'a'), given_(given) {}
  base::Task<std::optional<std::string_view>> next() override {
    if (at_ == count_) co_return std::nullopt;
    if (given_ != nullptr) ++*given_;
    std::fill(piece_.begin(), piece_.end(), static_cast<char>('a' + at_++ % 26));
    co_return std::string_view{piece_};
  }

 private:
  std::size_t count_;
  std::string piece_;
  std::atomic<std::size_t>* given_;
  std::size_t at_ = 0;
};

class Breaks final : public BodySource {
 public:
  base::Task<std::optional<std::string_view>> next() override {
    if (std::exchange(first_, false)) co_return std::string_view{"part"};
    throw std::runtime_error("worker died");
  }

 private:
  bool first_ = true;
};

base::Task<base::Result<void>> count_body(Exchange& exchange) {
  std::size_t total = 0;
  for (;;) {
    const auto piece = co_await exchange.body_reader->read();
    RL_CO_TRY_VOID(piece);
    if (piece->empty()) break;
    total += piece->size();
  }
  exchange.response.body.append(std::to_string(total));
  co_return base::Result<void>{};
}

// Answers with the body while it arrives.
class Mirror final : public BodySource {
 public:
  explicit Mirror(BodyReader& reader) : reader_(reader) {}
  base::Task<std::optional<std::string_view>> next() override {
    const auto piece = co_await reader_.read();
    if (!piece || piece->empty()) co_return std::nullopt;
    co_return *piece;
  }

 private:
  BodyReader& reader_;
};

struct Fixture {
  base::SimulatedClock event_clock{base::from_micros(0)};
  base::SimulatedTimers timers{event_clock};
  EventChannel channel;
  std::atomic<std::size_t> given = 0;
  base::Completion<int> gate;  // what /held waits for

  static base::Task<base::Result<void>> held(Fixture& fixture, Exchange& exchange) {
    ++fixture.given;
    fixture.given.notify_all();
    const int value = co_await fixture.gate;
    exchange.response.body.append("held ").append(std::to_string(value));
    co_return base::Result<void>{};
  }
  static base::Task<base::Result<void>> ignore(Exchange& exchange) {
    exchange.response.body.append("ignored");
    co_return base::Result<void>{};
  }

  void add_routes(Router& router) {
    const RoutePolicy streamed{.body = BodyMode::streamed, .max_body_bytes = 100'000'000};
    router.get("/letters", {}, [](Exchange& exchange) -> base::Result<void> {
      exchange.response.content_type = "text/plain";
      exchange.response.stream = std::make_unique<Letters>(100, 1000);
      return {};
    });
    router.get("/endless", {}, [this](Exchange& exchange) -> base::Result<void> {
      exchange.response.stream = std::make_unique<Letters>(1'000'000, 65'536, &given);
      return {};
    });
    router.get("/breaks", {}, [](Exchange& exchange) -> base::Result<void> {
      exchange.response.stream = std::make_unique<Breaks>();
      return {};
    });
    router.get("/events", {}, [this](Exchange& exchange) -> base::Result<void> {
      answer_with_events(exchange, channel, timers, event_clock);
      return {};
    });
    router.add_async(Method::get, "/held", {},
                     [this](Exchange& exchange) { return held(*this, exchange); });
    router.add_async(Method::post, "/count", streamed, count_body);
    router.add_async(Method::post, "/held-upload", streamed,
                     [this](Exchange& exchange) { return held(*this, exchange); });
    router.add_async(Method::post, "/ignore", streamed, ignore);
    router.add({Method::post,
                "/small",
                {.body = BodyMode::streamed, .max_body_bytes = 10},
                AsyncHandler{count_body}});
    router.add({Method::post, "/mirror", streamed,
                PlainHandler{[](Exchange& exchange) -> base::Result<void> {
                  exchange.response.stream = std::make_unique<Mirror>(*exchange.body_reader);
                  return {};
                }}});
  }
  [[nodiscard]] auto routes() {
    return [this](Router& router) { add_routes(router); };
  }
};

TEST(ServerStream, AStreamIsChunkedAndTheConnectionGoesOn) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  client.send(get("/letters") + get("/letters"));
  for (int i = 0; i < 2; ++i) {
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(answer.body.size(), 100'000U);
    EXPECT_TRUE(answer.complete);
  }
  server.pipeline.wait_for(2);
}

TEST(ServerStream, Http10GetsItUntilTheClose) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  const Answer answer = client.ask("GET /letters HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(answer.headers.contains("transfer-encoding"));
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(answer.body.size(), 100'000U);
}

TEST(ServerStream, HeadOfAStreamHasNoBody) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  client.send("HEAD /letters HTTP/1.1\r\nHost: a\r\n\r\n" + get("/letters"));
  EXPECT_EQ(client.read_answer(true).status, 200);
  EXPECT_EQ(client.read_answer().body.size(), 100'000U);
}

TEST(ServerStream, ABrokenStreamIsCutWithoutItsEnd) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  const Answer answer = client.ask(get("/breaks"));
  EXPECT_EQ(answer.body, "part");
  EXPECT_FALSE(answer.complete);
}

TEST(ServerStream, ASlowReaderStopsTheSourceAndIsDropped) {
  Fixture fixture;
  TestServer server(fixture.routes(), {.idle_timeout_ms = 200});
  TestClient client(server.port());
  client.send(get("/endless"));
  server.pipeline.wait_for(1);  // dropped: after() is only called at the end
  EXPECT_LT(fixture.given, 1000U);
}

TEST(ServerStream, ALeavingClientEndsTheStream) {
  Fixture fixture;
  TestServer server(fixture.routes());
  {
    TestClient client(server.port());
    client.send(get("/endless"));
    client.read_until("\r\n\r\n");
    client.reset();
  }
  server.pipeline.wait_for(1);
}

TEST(ServerStream, AnUploadIsReadAsItComes) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  EXPECT_EQ(client.ask(post("/count", std::string(5'000'000, 'u'))).body, "5000000");
  client.send("POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunks;
  for (int i = 0; i < 1000; ++i) chunks += "3e8\r\n" + std::string(1000, 'c') + "\r\n";
  client.send(chunks + "0\r\n\r\n" + get("/letters"));
  EXPECT_EQ(client.read_answer().body, "1000000");
  EXPECT_EQ(client.read_answer().body.size(), 100'000U);
}

TEST(ServerStream, AHandlerThatDoesNotReadStopsTheUpload) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  client.send("POST /held-upload HTTP/1.1\r\nHost: a\r\nContent-Length: 99000000\r\n\r\n");
  fixture.given.wait(0);
  EXPECT_LT(client.send_until_blocked(99'000'000), 50'000'000U);
  fixture.gate.sender().set(7);
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.body, "held 7");
  EXPECT_EQ(answer.headers.at("connection"), "close");
}

TEST(ServerStream, UploadsHaveBounds) {
  Fixture fixture;
  TestServer server(fixture.routes(), {.body_timeout_ms = 80});
  TestClient declared(server.port());
  EXPECT_EQ(declared.ask(post("/small", "12345678901")).status, 413);
  TestClient chunked(server.port());
  const std::string head = "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(chunked.ask(head + "b\r\n12345678901\r\n0\r\n\r\n").status, 413);
  TestClient broken(server.port());
  EXPECT_EQ(broken.ask(head + "zz\r\n").status, 400);
  TestClient slow(server.port());
  EXPECT_EQ(slow.ask("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab").status, 408);
  TestClient cut(server.port());
  cut.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  cut.stop_sending();
  EXPECT_EQ(cut.read_answer().status, 400);
}

TEST(ServerStream, AnUnreadUploadIsPassedOverOrEndsTheConnection) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  EXPECT_EQ(client.ask(post("/ignore", "small")).body, "ignored");
  EXPECT_EQ(client.ask(post("/ignore", std::string(900'000, 'x'))).body, "ignored");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(ServerStream, ContinueComesWithTheFirstRead) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  client.send(
      "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 100);
  EXPECT_EQ(client.ask("ab").body, "2");
}

TEST(ServerStream, AnAnswerMayStreamTheBodyBack) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  client.send(
      "POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
  EXPECT_EQ(client.read_until("first\r\n").substr(0, 12), "HTTP/1.1 200");
  client.send("6\r\nsecond\r\n0\r\n\r\n" + get("/letters"));
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "6\r\nsecond\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().body.size(), 100'000U);
}

TEST(ServerStream, EventsArriveAsTheyAreSent) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  client.send(get("/events"));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_THAT(head, testing::HasSubstr("Content-Type: text/event-stream\r\n"));
  fixture.channel.send("balance", R"({"rate":1})", 7);
  EXPECT_THAT(client.read_until("}\n\n"),
              testing::HasSubstr("id: 7\nevent: balance\ndata: {\"rate\":1}\n\n"));
  fixture.channel.send("balance", R"({"rate":0})", 8);
  fixture.channel.finish();
  EXPECT_THAT(client.read_until("0\r\n\r\n"), testing::HasSubstr("id: 8\n"));
}

TEST(ServerStream, AQuietEventStreamSaysThatItLives) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient client(server.port());
  client.send(get("/events"));
  client.read_until("\r\n\r\n");
  // The timer is set just after the head was sent: advance until it was there.
  std::jthread ticking([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) fixture.timers.advance(std::chrono::seconds{16});
  });
  EXPECT_THAT(client.read_until("\n\n"), testing::HasSubstr(": keep-alive\n\n"));
}

TEST(ServerStream, ALeavingEventClientIsNoticedWithoutAnEvent) {
  Fixture fixture;
  TestServer server(fixture.routes());
  {
    TestClient client(server.port());
    client.send(get("/events"));
    client.read_until("\r\n\r\n");
  }
  server.pipeline.wait_for(1);
  EXPECT_TRUE(fixture.channel.client_gone());
}

TEST(ServerStream, ALaggingClientGetsTheNewestEvents) {
  Fixture fixture;
  for (std::uint64_t i = 1; i <= 100; ++i) fixture.channel.send("n", "{}", i);
  fixture.channel.finish();
  TestServer server(fixture.routes());
  TestClient client(server.port());
  const Answer answer = client.ask(get("/events"));
  EXPECT_EQ(answer.body.find("id: 84\n"), std::string::npos);
  EXPECT_NE(answer.body.find("id: 85\n"), std::string::npos);
  EXPECT_NE(answer.body.find("id: 100\n"), std::string::npos);
}

TEST(ServerDrain, RunningRequestsFinishIdleOnesEndAndStreamsAreTold) {
  Fixture fixture;
  TestServer server(fixture.routes());
  TestClient idle(server.port());
  EXPECT_EQ(idle.ask(get("/letters")).status, 200);
  TestClient busy(server.port());
  busy.send(get("/held"));
  fixture.given.wait(0);
  TestClient events(server.port());
  events.send(get("/events"));
  events.read_until("\r\n\r\n");

  server.stop();
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_TRUE(events.read_until("0\r\n\r\n").ends_with("0\r\n\r\n"));
  fixture.gate.sender().set(3);
  const Answer answer = busy.read_answer();
  EXPECT_EQ(answer.body, "held 3");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  server.finish();
}

TEST(ServerDrain, AStreamThatNeverEndsIsCutAtTheEndOfTheDrain) {
  Fixture fixture;
  TestServer server(fixture.routes(), {.header_timeout_ms = 100, .drain_seconds = 0});
  TestClient client(server.port());
  client.send(get("/endless"));
  client.read_until("\r\n\r\n");
  server.stop();
  server.finish();
  EXPECT_EQ(server.server.stats().connections_open, 0U);
}

}  // namespace
}  // namespace http
