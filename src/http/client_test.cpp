#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/background_loop.hpp"
#include "http/client.hpp"
#include "http/test_certificate.hpp"
#include "http/test_server.hpp"

namespace http {
namespace {

base::Task<base::Result<void>> wait_at(base::Completion<int>& gate, Exchange& exchange) {
  const int value = co_await gate;
  exchange.response.body.append(std::to_string(value));
  co_return base::Result<void>{};
}

class Endless final : public BodySource {
 public:
  base::Task<std::optional<std::string_view>> next() override {
    co_return std::string_view{"0123456789"};
  }
};

// Calls itself: "/call?url=" fetches and shows what came.
base::Task<base::Result<void>> call(Exchange& exchange) {
  ClientRequest request;
  request.url = exchange.request.query_value("url").value_or("");
  request.body = "signed";
  request.headers.emplace_back("X-Signature", "t=1\r\nX-Evil: 1");
  // Long, but for the test of the deadline itself.
  request.timeout = base::Millis{exchange.request.query_value("soon") ? 100 : 20'000};
  request.max_answer_bytes = 1'000;
  const auto answer = co_await fetch(std::move(request));
  exchange.response.body = answer ? std::to_string(answer->status) + " " + answer->body
                                  : "failed: " + answer.error().detail;
  co_return base::Result<void>{};
}

void add_test_routes(Router& router) {
  router.add_async(Method::get, "/call", {}, call);
  router.add({Method::post, "/hook", {}, [](Exchange& exchange) -> base::Result<void> {
                exchange.response.body =
                    std::string(exchange.request.body) + " " +
                    std::string(exchange.request.header("X-Signature").value_or(""));
                return {};
              }});
  router.add({Method::post, "/away", {}, [](Exchange& exchange) -> base::Result<void> {
                exchange.response.status = 302;
                exchange.response.header("Location", "/hook");
                return {};
              }});
  router.add({Method::post, "/endless", {}, [](Exchange& exchange) -> base::Result<void> {
                exchange.response.stream = std::make_unique<Endless>();
                return {};
              }});
}

class ClientTest : public testing::Test {
 protected:
  ClientTest() : server_(add_test_routes) {}
  std::string call_url(const std::string& url) {
    TestClient client(server_.port());
    return client.ask(get("/call?url=" + url)).body;
  }
  std::string own(const std::string& path) {
    return call_url("http://127.0.0.1:" + std::to_string(server_.port()) + path);
  }
  TestServer server_;
};

TEST_F(ClientTest, PostsAndReturnsTheAnswer) {
  EXPECT_EQ(own("/hook"), "200 signed t=1X-Evil: 1");
  EXPECT_THAT(own("/nowhere"), testing::StartsWith("404 {"));
}

// SSRF: an answer cannot send the caller elsewhere.
TEST_F(ClientTest, ARedirectIsAnAnswerAndIsNotFollowed) {
  EXPECT_THAT(own("/away"), testing::StartsWith("302 "));
}

TEST_F(ClientTest, AnAnswerIsBounded) { EXPECT_THAT(own("/endless"), testing::HasSubstr("limit")); }

TEST_F(ClientTest, PlainTextGoesToLoopbackOnly) {
  for (const char* url :
       {"http://192.0.2.1/", "http://example.test/", "http://127.0.0.1:99999/",
        "http://127.0.0.1@example.test/", "http://127.0.0.1.example.test/", "http://[::2]/",
        "ftp://127.0.0.1/", "https://", "https://user@127.0.0.1/", "file:///x", ""}) {
    EXPECT_THAT(call_url(url), testing::StartsWith("failed: http fetch: no https URL")) << url;
    EXPECT_FALSE(is_callable_url(url)) << url;
  }
  for (const char* url : {"http://127.0.0.1:1/x", "http://localhost/", "http://[::1]:8080/?q=1",
                          "https://example.test", "https://example.test:8443/a?b"})
    EXPECT_TRUE(is_callable_url(url)) << url;
}

TEST_F(ClientTest, ASilentServerMeetsTheDeadline) {
  base::Completion<int> gate;
  TestServer silent([&gate](Router& router) {
    router.add_async(Method::post, "/silent", {},
                     [&gate](Exchange& exchange) { return wait_at(gate, exchange); });
  });
  EXPECT_THAT(call_url("http://127.0.0.1:" + std::to_string(silent.port()) + "/silent&soon"),
              testing::HasSubstr("deadline"));
  gate.sender().set(1);
}

base::Task<void> fetch_into(ClientRequest request,
                            base::Completion<base::Result<ClientAnswer>>::Sender done) {
  auto answer = co_await fetch(std::move(request));
  done.set(std::move(answer));
}

base::Result<ClientAnswer> fetch_in_background(BackgroundLoop& loop, const std::string& url) {
  base::Completion<base::Result<ClientAnswer>> done;
  ClientRequest request;
  request.url = url;
  loop.post([request, sender = done.sender()]() mutable {
    base::start(fetch_into(std::move(request), std::move(sender)));
  });
  struct Wait {
    static base::Task<base::Result<ClientAnswer>> run(
        base::Completion<base::Result<ClientAnswer>>& done) {
      auto answer = co_await done;
      co_return answer;
    }
  };
  return base::block_on(Wait::run(done));
}

class TlsClientTest : public testing::Test {
 protected:
  std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(server_.port()) + "/hook";
  }
  TestCertificate certificate_{"localhost"};
  TestServer server_{
      add_test_routes,
      {.tls_certificate = certificate_.path("cert.pem"), .tls_key = certificate_.path("key.pem")}};
};

TEST_F(TlsClientTest, APeerWithoutAKnownAuthorityIsRefused) {
  BackgroundLoop loop;
  const auto answer = fetch_in_background(loop, url("localhost"));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().detail, testing::HasSubstr("certificate verify failed"));
}

TEST_F(TlsClientTest, AKnownPeerIsCalledByItsNameOnly) {
  const EnvironmentVariable trust("SSL_CERT_FILE", certificate_.path("cert.pem"));
  BackgroundLoop loop;
  const auto good = fetch_in_background(loop, url("localhost"));
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_EQ(good->status, 200);
  EXPECT_EQ(good->header("content-TYPE"), "application/json");
  const auto other = fetch_in_background(loop, url("127.0.0.1"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().detail, testing::HasSubstr("certificate verify failed"));
}

}  // namespace
}  // namespace http
