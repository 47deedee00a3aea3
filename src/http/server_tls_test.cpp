#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/test_certificate.hpp"
#include "http/test_server.hpp"

namespace http {
namespace {

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port) : context_(SSL_CTX_new(TLS_client_method())) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_);
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(socket_);
  }
  [[nodiscard]] bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  }
  // Until the server says that it is done; `clean` tells whether it said so (close_notify).
  std::string read_rest(bool& clean) {
    std::string text;
    char bytes[16'384];
    int got = 0;
    while ((got = SSL_read(ssl_, bytes, sizeof bytes)) > 0)
      text.append(bytes, static_cast<std::size_t>(got));
    clean = SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN;
    return text;
  }

 private:
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  int socket_ = -1;
  bool connected_ = false;
};

void add_routes(Router& router) {
  router.add({Method::post, "/big", {}, [](Exchange& exchange) -> base::Result<void> {
                exchange.response.body.append(exchange.request.body);
                return {};
              }});
}

TEST(ServerTls, SpeaksTheSameHttp) {
  const TestCertificate certificate;
  TestServer server(add_routes, {.tls_certificate = certificate.path("cert.pem"),
                                 .tls_key = certificate.path("key.pem")});
  EXPECT_THAT(server.server.address(), testing::StartsWith("https://127.0.0.1:"));
  TlsClient client(server.port());
  ASSERT_TRUE(client.connected());
  const std::string large(300'000, 'z');
  client.send(post("/big", large));
  client.send(post("/big", "second", "Connection: close\r\n"));
  bool clean = false;
  const std::string text = client.read_rest(clean);
  EXPECT_THAT(text, testing::HasSubstr(large));
  EXPECT_TRUE(text.ends_with("second"));
  EXPECT_TRUE(clean);
  server.pipeline.wait_for(2);
  EXPECT_TRUE(server.pipeline.seen()[0].secure);
}

TEST(ServerTls, PlainTextAndSilenceEndTheConnection) {
  const TestCertificate certificate;
  TestServer server(add_routes, {.tls_certificate = certificate.path("cert.pem"),
                                 .tls_key = certificate.path("key.pem"),
                                 .header_timeout_ms = 80});
  TestClient plain(server.port());
  plain.send(get("/big"));
  plain.read_rest();
  TestClient silent(server.port());
  EXPECT_TRUE(silent.closed_by_server());
  TlsClient good(server.port());
  EXPECT_TRUE(good.connected());
}

TEST(ServerTls, AMissingCertificateIsAPlainError) {
  EXPECT_THROW(TestServer(add_routes, {.tls_certificate = "/nonexistent.pem", .tls_key = "/x"}),
               std::runtime_error);
}

}  // namespace
}  // namespace http
