#include "features/billing/billing_api.hpp"

#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/json/parse.hpp>

#include "features/billing/test_checkout.hpp"
#include "features/billing/test_till.hpp"
#include "http/server.hpp"

namespace billing {
namespace {

// Lets everybody in as the till's account.
class OpenPipeline final : public http::Pipeline {
 public:
  explicit OpenPipeline(base::AccountId account) : account_(account) {}
  base::Result<http::Step> before(http::Exchange& exchange) override {
    exchange.caller.credential = http::Credential::bearer;
    exchange.caller.account = account_;
    return http::Step::proceed;
  }
  base::Task<base::Result<http::Step>> before_async(http::Exchange&) override {
    co_return http::Step::proceed;
  }
  void decorate(http::Exchange&) override {}
  void after(http::Exchange&) override {}

 private:
  base::AccountId account_;
};

// Sends one request and returns the whole answer, headers included.
std::string talk(const std::string& address, const std::string& request) {
  const auto port = std::stoi(address.substr(address.rfind(':') + 1));
  const int socket_fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<std::uint16_t>(port));
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_fd, reinterpret_cast<const sockaddr*>(&target), sizeof target), 0);
  EXPECT_EQ(::send(socket_fd, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  std::array<char, 4'096> piece{};
  for (ssize_t got = 0; (got = ::recv(socket_fd, piece.data(), piece.size(), 0)) > 0;)
    answer.append(piece.data(), static_cast<std::size_t>(got));
  ::close(socket_fd);
  return answer;
}

struct BillingApiTest : testing::Test {
  BillingApiTest()
      : checkout(*till.database, till.clock, till.random, till.options,
                 [this] { return server.address(); }),
        service(*till.database, *till.ledger, checkout, till.clock, till.random, till.log,
                till.options),
        server({.listen = "127.0.0.1:0", .threads = 1, .trusted_proxies = {"127.0.0.1"}}, router,
               pipeline, till.clock, till.random, till.log) {
    add_routes(router, service);
    checkout.add_routes(router);
    router.compile();
    EXPECT_TRUE(server.listen());
    loop = std::thread([this] { server.run(); });
  }
  ~BillingApiTest() override {
    server.stop();
    loop.join();
  }
  std::string send(const std::string& method, const std::string& path, const std::string& body = "",
                   const std::string& headers = "") {
    return talk(server.address(),
                method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + "Connection: close\r\n" +
                    headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  static int status(const std::string& answer) { return std::stoi(answer.substr(9, 3)); }
  static boost::json::value json(const std::string& answer) {
    return boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }
  // Order id and path of its checkout page.
  std::pair<std::string, std::string> start_checkout() {
    const auto started = json(send("POST", "/v1/checkout", R"({"sku":"hours-5"})"));
    const std::string url(started.at("url").as_string());
    EXPECT_TRUE(url.starts_with(server.address() + "/test-checkout/cs_test_"));
    return {std::string(started.at("order").at("id").as_string()),
            url.substr(server.address().size())};
  }
  std::string state_of(const std::string& order) {
    const auto answer = json(send("GET", "/v1/checkout/" + order));
    return std::string(answer.at("order").at("state").as_string());
  }

  Till till;
  http::Router router;
  OpenPipeline pipeline{till.account};
  TestCheckout checkout;
  BillingService service;
  http::Server server;
  std::thread loop;
};

TEST_F(BillingApiTest, PayingOnTheTestPageSendsARealEventAndGrantsOnce) {
  const auto [order, page] = start_checkout();
  const auto html = send("GET", page);
  EXPECT_EQ(status(html), 200);
  EXPECT_NE(html.find("no money moves"), std::string::npos);
  EXPECT_NE(html.find("Pay 25.00 USD (test)"), std::string::npos);
  EXPECT_EQ(html.find("{{"), std::string::npos);
  EXPECT_EQ(state_of(order), "pending");
  for (int click = 0; click < 2; ++click) {
    const auto answer =
        send("POST", page, "outcome=paid", "Content-Type: application/x-www-form-urlencoded\r\n");
    EXPECT_EQ(status(answer), 303) << answer;
    EXPECT_NE(answer.find("Location: /?order=" + order + "#/pay\r\n"), std::string::npos) << answer;
  }
  EXPECT_EQ(state_of(order), "paid");
  EXPECT_EQ(till.available_ms(), 5LL * 3'600'000);
  EXPECT_EQ(service.counters().grants_issued, 1U);
  EXPECT_NE(send("GET", page).find("This order is paid"), std::string::npos);
}

TEST_F(BillingApiTest, DecliningAndCancellingShowInTheOrderAndGrantNothing) {
  const auto [declined, declined_page] = start_checkout();
  const auto [cancelled, cancelled_page] = start_checkout();
  EXPECT_EQ(status(send("POST", declined_page, "outcome=declined")), 303);
  EXPECT_EQ(status(send("POST", cancelled_page, "outcome=cancelled")), 303);
  EXPECT_EQ(state_of(declined), "failed");
  EXPECT_EQ(state_of(cancelled), "expired");
  EXPECT_EQ(status(send("POST", declined_page, "outcome=paid")), 303);
  EXPECT_EQ(till.available_ms(), 0);
}

// D20: whoever is not on this machine must not take hours for nothing, proxy or not.
TEST_F(BillingApiTest, OthersBehindAProxyFindNoTestCheckout) {
  const auto [order, page] = start_checkout();
  const std::string far = "X-Forwarded-For: 203.0.113.9\r\n";
  EXPECT_EQ(status(send("GET", page, "", far)), 404);
  EXPECT_EQ(status(send("POST", page, "outcome=paid", far)), 404);
  EXPECT_EQ(state_of(order), "pending");
}

TEST_F(BillingApiTest, InStripeModeThereIsNoTestCheckout) {
  auto options = till.options;
  options.mode = PaymentMode::stripe;
  TestCheckout other(*till.database, till.clock, till.random, options, [] { return ""; });
  http::Router empty;
  other.add_routes(empty);
  EXPECT_TRUE(empty.routes().empty());
  const auto order = till.start_order();
  EXPECT_FALSE(base::block_on(other.create_session(order)));
}

TEST_F(BillingApiTest, UnknownCheckoutsAndOutcomesAreRefused) {
  const auto [order, page] = start_checkout();
  EXPECT_EQ(status(send("GET", "/test-checkout/cs_test_0000000000000000")), 404);
  EXPECT_EQ(status(send("POST", "/test-checkout/cs_test_0000000000000000", "outcome=paid")), 404);
  for (const char* form : {"", "outcome=", "outcome=free", "outcome=paid&hours=99", "paid"})
    EXPECT_EQ(status(send("POST", page, form)), 422) << form;
  EXPECT_EQ(state_of(order), "pending");
}

// D20, D24: what a browser says about price, hours or account is an unknown field.
TEST_F(BillingApiTest, ABrowserNamesNeitherPriceNorHoursNorAccount) {
  const auto answer =
      send("POST", "/v1/checkout", R"({"sku":"hours-5","amount":1,"hours":500,"account":"acc_x"})");
  EXPECT_EQ(status(answer), 422);
  EXPECT_EQ(json(answer).at("fields").as_array().size(), 3U);
  EXPECT_EQ(status(send("POST", "/v1/checkout", "{")), 400);
  EXPECT_EQ(status(send("POST", "/v1/checkout", R"({"sku":"nothing"})")), 422);
  EXPECT_EQ(status(send("POST", "/v1/checkout", R"({"sku":"hours-5","quantity":1.5})")), 422);
  EXPECT_EQ(status(send("GET", "/v1/checkout/ord_nonsense")), 404);
}

TEST_F(BillingApiTest, AnIdempotencyKeyHoldsOverHttp) {
  const std::string key = "Idempotency-Key: k-1\r\n";
  const auto first = send("POST", "/v1/checkout", R"({"sku":"hours-5"})", key);
  const auto again = send("POST", "/v1/checkout", R"({"sku":"hours-5","quantity":1})", key);
  EXPECT_EQ(status(first), 201);
  EXPECT_EQ(json(first), json(again));
  const auto other = send("POST", "/v1/checkout", R"({"sku":"hours-10"})", key);
  EXPECT_EQ(status(other), 409);
  EXPECT_EQ(json(other).at("reason").as_string(), "idempotency_conflict");
}

TEST_F(BillingApiTest, AForgedWebhookIs400WithoutDetail) {
  const auto forged = send("POST", "/v1/webhooks/stripe", R"({"id":"evt_1","type":"x"})",
                           "Stripe-Signature: t=1,v1=00\r\n");
  EXPECT_EQ(status(forged), 400);
  EXPECT_EQ(json(forged).at("reason").as_string(), "signature_invalid");
  EXPECT_EQ(status(send("POST", "/v1/webhooks/stripe", R"({"id":"evt_1","type":"x"})")), 400);
}

TEST_F(BillingApiTest, PlansAndPaymentsHaveTheShapesOfTheContract) {
  const auto plans = json(send("GET", "/v1/plans"));
  EXPECT_TRUE(plans.at("test_mode").as_bool());
  EXPECT_EQ(plans.at("packs").as_array().size(), 2U);
  EXPECT_EQ(plans.at("packs").at(0).at("price").at("amount").as_int64(), 2500);
  const auto [order, page] = start_checkout();
  const auto payments = json(send("GET", "/v1/payments?limit=1"));
  EXPECT_EQ(payments.at("data").at(0).at("id").as_string(), order);
  EXPECT_TRUE(payments.at("data").at(0).at("paid_at").is_null());
  EXPECT_TRUE(payments.at("next_cursor").is_null());
  for (const char* query : {"limit=0", "limit=201", "limit=x", "limit=1.5", "cursor=zzz"})
    EXPECT_EQ(status(send("GET", std::string("/v1/payments?") + query)), 422) << query;
}

TEST_F(BillingApiTest, TheStyleSheetIsServedAndRevalidated) {
  const auto style = send("GET", "/test-checkout.css");
  EXPECT_EQ(status(style), 200);
  const auto at = style.find("ETag: ");
  ASSERT_NE(at, std::string::npos);
  const auto tag = style.substr(at + 6, style.find("\r\n", at) - at - 6);
  EXPECT_EQ(status(send("GET", "/test-checkout.css", "", "If-None-Match: " + tag + "\r\n")), 304);
}

}  // namespace
}  // namespace billing
