#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "http/test_server.hpp"

namespace http {
namespace {

using testing::HasSubstr;

base::Task<base::Result<void>> answer_later(Exchange& exchange) {
  base::Completion<int> turn;
  exchange.loop->post([sender = turn.sender()]() mutable { sender.set(42); });
  const int value = co_await turn;
  exchange.response.body.append("later ").append(std::to_string(value));
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> answer_inline(Exchange& exchange) {
  exchange.response.body.append("inline");
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> throw_later(Exchange& exchange) {
  const auto turn = co_await answer_later(exchange);
  throw std::runtime_error("disk /var/secret is gone");
}

void add_routes(Router& router) {
  const RoutePolicy small{.max_body_bytes = 100};
  router.get("/hello", {}, [](Exchange& exchange) -> base::Result<void> {
    exchange.response.body.append("hello");
    return {};
  });
  router.get("/name/{name}", {}, [](Exchange& exchange) -> base::Result<void> {
    exchange.response.body.append(exchange.path_values[0]);
    return {};
  });
  router.get("/split", {}, [](Exchange& exchange) -> base::Result<void> {
    exchange.response.header("X-Echo", exchange.request.query_value("v").value_or(""));
    return {};
  });
  router.get("/missing", {}, [](Exchange&) -> base::Result<void> {
    return base::fail(base::ErrorCode::not_found, "run_not_found", "There is no such run.",
                      "SELECT secret");
  });
  router.get("/throws", {},
             [](Exchange&) -> base::Result<void> { throw std::runtime_error("secret detail"); });
  router.get("/nothing", {}, [](Exchange& exchange) -> base::Result<void> {
    exchange.response.status = 204;
    return {};
  });
  router.add({Method::post, "/echo", small, [](Exchange& exchange) -> base::Result<void> {
                exchange.response.body.append(exchange.request.body);
                return {};
              }});
  router.add({Method::post,
              "/big",
              {.max_body_bytes = 10'000'000},
              [](Exchange& exchange) -> base::Result<void> {
                exchange.response.body.append(std::to_string(exchange.request.body.size()));
                return {};
              }});
  router.add_async(Method::get, "/later", {}, answer_later);
  router.add_async(Method::get, "/inline", {}, answer_inline);
  router.add_async(Method::get, "/throws-later", {}, throw_later);
}

std::string member(const Answer& answer, std::string_view name) {
  const auto parsed = base::parse_json_object(answer.body);
  if (!parsed || !parsed->contains(name)) return "";
  const auto& value = parsed->at(name);
  return value.is_string() ? std::string(value.as_string()) : std::to_string(value.as_int64());
}

TEST(Server, AnswersAndKeepsTheConnection) {
  TestServer server(add_routes);
  TestClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const Answer answer = client.ask(get("/hello"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.headers.at("content-type"), "application/json");
    EXPECT_EQ(answer.headers.at("x-decorated"), "yes");
    EXPECT_THAT(answer.headers.at("date"), HasSubstr(" GMT"));
    EXPECT_EQ(answer.headers.at("x-request-id").size(), 22U);
    EXPECT_FALSE(answer.headers.contains("connection"));
  }
  EXPECT_EQ(server.server.stats().connections_total, 1U);
  EXPECT_EQ(server.server.stats().requests_total, 3U);
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  TestServer server(add_routes);
  TestClient client(server.port());
  std::string batch;
  for (int i = 0; i < 300; ++i) {
    batch += get("/name/" + std::to_string(i));
    if (i % 10 == 3) batch += get("/later");
    if (i % 10 == 4) batch += get("/inline");
    if (i % 10 == 5) batch += post("/echo", "body " + std::to_string(i));
    if (i % 10 == 6)
      batch +=
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
          "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  }
  client.send(batch);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(client.read_answer().body, std::to_string(i));
    if (i % 10 == 3) EXPECT_EQ(client.read_answer().body, "later 42");
    if (i % 10 == 4) EXPECT_EQ(client.read_answer().body, "inline");
    if (i % 10 == 5) EXPECT_EQ(client.read_answer().body, "body " + std::to_string(i));
    if (i % 10 == 6) EXPECT_EQ(client.read_answer().body, "abc");
  }
}

TEST(Server, ARequestInSingleBytesIsTheSameRequest) {
  TestServer server(add_routes);
  TestClient client(server.port());
  for (const char byte : post("/echo", "drop by drop")) client.send({&byte, 1});
  EXPECT_EQ(client.read_answer().body, "drop by drop");
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const char byte : chunked + get("/hello")) client.send({&byte, 1});
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST(Server, HeadHasTheLengthAndNoBody) {
  TestServer server(add_routes);
  TestClient client(server.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/nothing"));
  const Answer head = client.read_answer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "5");
  const Answer empty = client.read_answer();
  EXPECT_EQ(empty.status, 204);
  EXPECT_FALSE(empty.headers.contains("content-length"));
}

TEST(Server, ErrorsAreProblemsWithoutDetail) {
  TestServer server(add_routes);
  TestClient client(server.port());
  const Answer unknown = client.ask(get("/nowhere"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(member(unknown, "reason"), "not_found");
  EXPECT_EQ(member(unknown, "request_id"), unknown.headers.at("x-request-id"));
  EXPECT_EQ(unknown.headers.at("x-decorated"), "yes");

  const Answer method = client.ask(post("/hello", "x"));
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.headers.at("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(member(method, "reason"), "method_not_allowed");

  const Answer domain = client.ask(get("/missing"));
  EXPECT_EQ(domain.status, 404);
  EXPECT_EQ(member(domain, "reason"), "run_not_found");
  EXPECT_EQ(domain.body.find("SELECT"), std::string::npos);

  for (const char* path : {"/throws", "/throws-later"}) {
    const Answer broken = client.ask(get(path));
    EXPECT_EQ(broken.status, 500) << path;
    EXPECT_EQ(member(broken, "reason"), "internal_error");
    EXPECT_EQ(broken.body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(client.ask(get("/hello", "X-Test: throw\r\n")).status, 500);
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
}

TEST(Server, OptionsNameTheMethods) {
  TestServer server(add_routes);
  TestClient client(server.port());
  const Answer options = client.ask("OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("allow"), "POST, OPTIONS");
  EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204);
}

TEST(Server, TheGateDecidesNowOrLater) {
  TestServer server(add_routes);
  TestClient client(server.port());
  EXPECT_EQ(client.ask(get("/hello", "X-Test: wait\r\n")).body, "hello");
  EXPECT_EQ(client.ask(get("/later", "X-Test: wait\r\n")).body, "later 42");
  const Answer refused = client.ask(get("/hello", "X-Test: wait-refuse\r\n"));
  EXPECT_EQ(refused.status, 402);
  EXPECT_EQ(member(refused, "reason"), "hours_exhausted");
  const Answer strange = client.ask(get("/hello", "X-Test: refuse\r\n"));
  EXPECT_EQ(strange.status, 401);
  EXPECT_EQ(strange.headers.at("www-authenticate"), "Bearer");
  EXPECT_EQ(client.ask(get("/hello", "X-Test: answered\r\n")).status, 204);
  const Answer later = client.ask(post("/echo", "kept", "X-Test: wait\r\n"));
  EXPECT_EQ(later.body, "kept");
}

TEST(Server, AHeaderValueCannotSplitTheAnswer) {
  TestServer server(add_routes);
  TestClient client(server.port());
  const Answer answer = client.ask(get("/split?v=a%0d%0aX-Evil:%20b"));
  EXPECT_EQ(answer.headers.at("x-echo"), "aX-Evil: b");
  EXPECT_FALSE(answer.headers.contains("x-evil"));
}

TEST(Server, ARequestIdIsKeptWhenWellFormed) {
  TestServer server(add_routes);
  TestClient client(server.port());
  EXPECT_EQ(client.ask(get("/hello", "X-Request-Id: trace_12-AB\r\n")).headers.at("x-request-id"),
            "trace_12-AB");
  EXPECT_EQ(client.ask(get("/hello", "X-Request-Id: short\r\n")).headers.at("x-request-id").size(),
            22U);
  const auto evil = client.ask(get("/hello", "X-Request-Id: <script>alert(1)\r\n"));
  EXPECT_EQ(evil.headers.at("x-request-id").size(), 22U);
}

TEST(Server, SmugglingShapesEndTheConnection) {
  TestServer server(add_routes);
  const std::vector<std::pair<std::string, int>> shapes{
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
      {"GET /hello HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET /hello HTTP/3.0\r\nHost: a\r\n\r\n", 505},
      {"BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
       400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
       400},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
  };
  for (const auto& [shape, status] : shapes) {
    TestClient client(server.port());
    // What follows must never be taken for a request.
    const Answer answer = client.ask(get("/hello") + shape + get("/name/smuggled"));
    EXPECT_EQ(answer.body, "hello");
    const Answer refused = client.read_answer();
    EXPECT_EQ(refused.status, status) << shape.substr(0, 120);
    EXPECT_TRUE(refused.complete);
    EXPECT_EQ(refused.headers.at("content-type"), "application/problem+json");
    EXPECT_EQ(refused.headers.at("connection"), "close");
    EXPECT_EQ(client.read_rest(), "") << shape.substr(0, 120);
  }
  for (const auto& seen : server.pipeline.seen()) EXPECT_NE(seen.target, "/name/smuggled");
}

TEST(Server, TooManyHeadersAreRefused) {
  TestServer server(add_routes);
  TestClient client(server.port());
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "X-" + std::to_string(i) + ": 1\r\n";
  EXPECT_EQ(client.ask(get("/hello", lines)).status, 431);
}

TEST(Server, ATooLargeBodyIsRefusedBeforeItIsSent) {
  TestServer server(add_routes);
  TestClient declared(server.port());
  const Answer answer =
      declared.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(member(answer, "reason"), "too_large");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(declared.closed_by_server());

  TestClient chunked(server.port());
  chunked.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  chunked.send("60\r\n" + std::string(96, 'x') + "\r\n60\r\n" + std::string(96, 'x') + "\r\n");
  EXPECT_EQ(chunked.read_answer().status, 413);

  // The server's own bound holds where a route allows more.
  TestClient option(server.port());
  EXPECT_EQ(option.ask("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n").status,
            413);
}

TEST(Server, AClientThatSendsAllOfATooLargeBodyReadsTheRefusal) {
  TestServer server(add_routes);
  TestClient client(server.port());
  constexpr std::size_t bytes = 16 * 1024 * 1024;
  EXPECT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                          std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, 'x')));
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST(Server, ARefusedCallerNeverUploads) {
  TestServer server(add_routes);
  TestClient client(server.port());
  const Answer answer = client.ask(
      "POST /big HTTP/1.1\r\nHost: a\r\nX-Test: refuse\r\nContent-Length: 500000\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.headers.at("connection"), "close");
}

TEST(Server, ASmallRefusedBodyKeepsTheConnection) {
  TestServer server(add_routes);
  TestClient client(server.port());
  EXPECT_EQ(client.ask(post("/echo", "abc", "X-Test: refuse\r\n")).status, 401);
  EXPECT_EQ(client.ask(post("/nowhere", "abc")).status, 404);
  EXPECT_EQ(client.ask(post("/echo", "abc")).body, "abc");
}

TEST(Server, ContinueIsSentWhenTheBodyIsWanted) {
  TestServer server(add_routes);
  TestClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 100);
  EXPECT_EQ(client.ask("abc" + get("/hello")).body, "abc");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST(Server, ALargeBufferedBodyArrivesWhole) {
  TestServer server(add_routes);
  TestClient client(server.port());
  client.send(post("/big", std::string(1'000'000, 'b')) + get("/hello"));
  EXPECT_EQ(client.read_answer().body, "1000000");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST(Server, SlowHeadersAndBodiesAreCutOff) {
  TestServer server(add_routes, {.header_timeout_ms = 80, .body_timeout_ms = 80});
  TestClient silent(server.port());
  EXPECT_TRUE(silent.closed_by_server());
  TestClient head(server.port());
  const Answer slow_head = head.ask("GET /hello HT");
  EXPECT_EQ(slow_head.status, 408);
  EXPECT_EQ(member(slow_head, "reason"), "request_timeout");
  TestClient body(server.port());
  const Answer slow_body =
      body.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  EXPECT_EQ(slow_body.status, 408);
  EXPECT_TRUE(body.closed_by_server());
}

TEST(Server, DrippingHeaderBytesBuysNoTime) {
  TestServer server(add_routes, {.header_timeout_ms = 150});
  TestClient client(server.port());
  std::size_t sent = 0;
  const std::string head = "GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(1'000'000, 'a');
  // Each byte comes well within the timeout; only a server that counts from the first byte ends it.
  while (sent < head.size() && client.send(head.substr(sent, 1))) {
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  EXPECT_LT(sent, 16'000U);
}

TEST(Server, IdleConnectionsEnd) {
  TestServer server(add_routes, {.idle_timeout_ms = 60});
  TestClient client(server.port());
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, AClientThatDoesNotReadItsAnswerIsDropped) {
  const auto routes = [](Router& router) {
    router.get("/large", {}, [](Exchange& exchange) -> base::Result<void> {
      exchange.response.body.assign(30'000'000, 'L');
      return {};
    });
  };
  TestServer server(routes, {.idle_timeout_ms = 2'000});
  TestClient stuck(server.port());
  stuck.send(get("/large"));
  while (server.server.stats().connections_open > 0 || server.server.stats().requests_total == 0)
    std::this_thread::yield();
  const Answer cut = stuck.read_answer();
  EXPECT_FALSE(cut.complete);
  TestClient reads(server.port());
  EXPECT_EQ(reads.ask(get("/large")).body.size(), 30'000'000U);
}

TEST(Server, Http10EndsUnlessAskedToStay) {
  TestServer server(add_routes);
  TestClient once(server.port());
  const Answer answer = once.ask("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(once.closed_by_server());
  TestClient stays(server.port());
  const std::string request = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_EQ(stays.ask(request).headers.at("connection"), "keep-alive");
  EXPECT_EQ(stays.ask(request).body, "hello");
}

TEST(Server, AClientThatOnlyStoppedSendingGetsItsAnswer) {
  TestServer server(add_routes);
  TestClient client(server.port());
  client.send(get("/later"));
  client.stop_sending();
  EXPECT_EQ(client.read_answer().body, "later 42");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, ConnectionsBeyondTheBoundAreTurnedAway) {
  TestServer server(add_routes, {.max_connections = 2});
  TestClient first(server.port());
  TestClient second(server.port());
  EXPECT_EQ(first.ask(get("/hello")).status, 200);
  EXPECT_EQ(second.ask(get("/hello")).status, 200);
  TestClient third(server.port());
  const Answer refused = third.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.complete);
  EXPECT_EQ(member(refused, "reason"), "overloaded");
  EXPECT_TRUE(third.closed_by_server());
  EXPECT_EQ(first.ask(get("/hello")).status, 200);
}

TEST(Server, OnlyTrustedProxiesNameTheClient) {
  const std::string lines = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
  TestServer plain(add_routes);
  TestClient spoofer(plain.port());
  spoofer.ask(get("/hello", lines));
  plain.pipeline.wait_for(1);
  EXPECT_EQ(plain.pipeline.seen()[0].peer, "127.0.0.1");
  EXPECT_FALSE(plain.pipeline.seen()[0].secure);
  TestServer behind(add_routes, {.trusted_proxies = {"127.0.0.0/8"}});
  TestClient proxied(behind.port());
  proxied.ask(get("/hello", lines));
  behind.pipeline.wait_for(1);
  EXPECT_EQ(behind.pipeline.seen()[0].peer, "203.0.113.9");
  EXPECT_TRUE(behind.pipeline.seen()[0].secure);
}

TEST(Server, SeveralLoopsShareThePort) {
  TestServer server(add_routes, {.threads = 3});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    EXPECT_EQ(clients.back()->ask(get("/later")).body, "later 42");
  }
  EXPECT_EQ(server.server.loops().size(), 3U);
  EXPECT_EQ(server.server.stats().connections_open, 30U);
}

TEST(Server, AnAddressInUseIsAPlainError) {
  const base::SystemClock clock;
  base::SystemRandom random;
  base::Log log({}, clock);
  Router router;
  router.compile();
  TestPipeline pipeline;
  for (const char* listen : {"nonsense", "localhost", "127.0.0.1:99999", "203.0.113.1:80"}) {
    Server server({.listen = listen, .threads = 1}, router, pipeline, clock, random, log);
    EXPECT_FALSE(server.listen().has_value()) << listen;
  }
}

}  // namespace
}  // namespace http
