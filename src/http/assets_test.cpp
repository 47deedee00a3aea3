#include <array>

#include <gtest/gtest.h>

#include "http/assets.hpp"
#include "http/test_server.hpp"

namespace http {
namespace {

constexpr std::array<base::EmbeddedFile, 6> kFiles{{
    {"index.html", "<!doctype html>"},
    {"assets/app-1a2b.js", "console.log(1)"},
    {"assets/app-1a2b.js.br", "brotli bytes"},
    {"assets/app-1a2b.js.gz", "gzip bytes"},
    {"notes.gz", "a file of its own"},
    {"icon.svg", "<svg/>"},
}};

class AssetsTest : public testing::Test {
 protected:
  AssetsTest() : server_([](Router& router) { add_asset_routes(router, kFiles); }) {}
  Answer fetch(std::string_view target, std::string_view lines = "") {
    TestClient client(server_.port());
    return client.ask(get(target, lines));
  }
  TestServer server_;
};

TEST_F(AssetsTest, ThePageIsRevalidatedAndItsPartsAreKeptForEver) {
  const Answer page = fetch("/");
  EXPECT_EQ(page.body, "<!doctype html>");
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.at("cache-control"), "no-cache");
  EXPECT_EQ(fetch("/index.html").status, 404);
  const Answer script = fetch("/assets/app-1a2b.js");
  EXPECT_EQ(script.headers.at("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(script.headers.at("content-type"), "text/javascript; charset=utf-8");
}

TEST_F(AssetsTest, TheBestAcceptedEncodingIsSent) {
  const auto encoding = [&](std::string_view accepted) {
    const Answer answer =
        fetch("/assets/app-1a2b.js", "Accept-Encoding: " + std::string(accepted) + "\r\n");
    EXPECT_EQ(answer.headers.at("vary"), "Accept-Encoding");
    return answer.headers.contains("content-encoding") ? answer.headers.at("content-encoding") : "";
  };
  EXPECT_EQ(encoding("gzip, deflate, br"), "br");
  EXPECT_EQ(encoding("gzip"), "gzip");
  EXPECT_EQ(encoding("br;q=0, gzip;q=0.5"), "gzip");
  EXPECT_EQ(encoding("identity"), "");
  EXPECT_EQ(encoding("brotli, xgzip"), "");
}

TEST_F(AssetsTest, EachFormHasItsOwnTagAndAKnownOneIsNotSentAgain) {
  const std::string target = "/assets/app-1a2b.js";
  const std::string plain = fetch(target).headers.at("etag");
  const std::string packed = fetch(target, "Accept-Encoding: br\r\n").headers.at("etag");
  EXPECT_NE(plain, packed);
  const Answer fresh = fetch(target, "If-None-Match: \"x\", " + plain + "\r\n");
  EXPECT_EQ(fresh.status, 304);
  EXPECT_EQ(fresh.headers.at("etag"), plain);
  EXPECT_EQ(fresh.body, "");
  EXPECT_EQ(fetch(target, "Accept-Encoding: br\r\nIf-None-Match: " + plain + "\r\n").status, 200);
}

TEST_F(AssetsTest, TwinsAreNoFilesOfTheirOwn) {
  EXPECT_EQ(fetch("/assets/app-1a2b.js.br").status, 404);
  EXPECT_EQ(fetch("/notes.gz").body, "a file of its own");
  EXPECT_EQ(fetch("/assets/../index.html").status, 404);
  EXPECT_EQ(fetch("/assets/%2e%2e/index.html").status, 404);
}

}  // namespace
}  // namespace http
