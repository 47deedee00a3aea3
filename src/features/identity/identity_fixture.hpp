// For tests: the identity service over a real database in a temporary folder, with a clock that
// stands still and passwords that cost little.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "features/identity/identity_service.hpp"
#include "sql/migrations.hpp"
#include "sql/temp_database.hpp"

namespace identity {

constexpr const char* kTestSecret = "tests-only-Q7f2mZ0xK9sLr4Vb8Nw1Yc6Te3Hd5Jg";

// A request whose texts live as long as it.
class TestRequest {
 public:
  TestRequest(http::Method method, base::Instant now) {
    exchange_.request.method = method;
    exchange_.request.arrived = now;
    exchange_.request.peer_address = "192.0.2.7";
    exchange_.request.request_id = "req_test";
  }
  TestRequest& header(std::string name, std::string value) {
    texts_.push_back(
        std::make_unique<std::pair<std::string, std::string>>(std::move(name), std::move(value)));
    headers_.push_back({texts_.back()->first, texts_.back()->second});
    exchange_.request.headers = headers_;
    return *this;
  }
  TestRequest& bearer(const std::string& token) {
    return header("Authorization", "Bearer " + token);
  }
  TestRequest& cookie(const std::string& token) { return header("Cookie", "rl_session=" + token); }
  TestRequest& body(std::string json) {
    body_ = std::move(json);
    exchange_.request.body = body_;
    return header("Content-Type", "application/json");
  }
  TestRequest& query(std::string_view text) {
    exchange_.request.query = text;
    return *this;
  }
  http::Exchange& exchange() { return exchange_; }
  http::Request& request() { return exchange_.request; }

 private:
  http::Exchange exchange_;
  std::vector<std::unique_ptr<std::pair<std::string, std::string>>> texts_;
  std::vector<http::HeaderView> headers_;
  std::string body_;
};

struct IdentityFixture {
  sql::TempDatabase database;
  base::SimulatedClock clock{base::from_micros(1'795'341'600'000'000)};  // 2026-11-22T10:00:00Z
  base::SystemRandom random;
  base::Log log{{}, clock};
  IdentityOptions options;
  IdentityHooks hooks;
  std::vector<base::AccountId> trials;  // accounts the hook was called for
  std::unique_ptr<IdentityService> service;

  IdentityFixture() {
    auto migrated = base::block_on(sql::migrate(*database));
    RL_CHECK(migrated.has_value(), "migrations apply");
    options.keys_folder = std::filesystem::path(database.path()).parent_path() / "keys";
    options.plans = {{.id = "free", .name = "Free", .requests = {"60/minute"}, .trial_hours = 1},
                     {.id = "payg", .name = "Hours", .requests = {"600/minute"}}};
    options.password_cost = {.passes = 1, .memory_bytes = 8'192, .threads = 2, .max_queue = 32};
    options.external.hs256_secrets = {kTestSecret};
    hooks.account_created = [this](sql::OperatorTx&, base::AccountId account,
                                   base::Instant) -> base::Result<void> {
      trials.push_back(account);
      return {};
    };
  }

  IdentityService& open() {
    service.reset();
    auto opened = IdentityService::open(options, hooks, *database, clock, random, log);
    RL_CHECK(opened.has_value(), "the service opens");
    service = std::move(*opened);
    return *service;
  }
  TestRequest request(http::Method method = http::Method::get) const {
    return {method, clock.now()};
  }

  base::Result<SignedIn> sign_up(const std::string& email = "ada@example.com") const {
    auto made = base::block_on(service->register_account(
        {.email = email, .password = "a fine long password", .visitor = {.address = "192.0.2.7"}}));
    if (!made) return std::unexpected(std::move(made.error()));
    RL_CHECK(made->has_value(), "signed in at once");
    return std::move(**made);
  }
  base::Result<SignedIn> sign_in(const std::string& password,
                                 const std::string& address = "192.0.2.7",
                                 const std::string& email = "ada@example.com") const {
    return base::block_on(
        service->login({.email = email, .password = password, .visitor = {.address = address}}));
  }
  // As the pipeline does: the cache, then the store.
  base::Result<http::Caller> ask(TestRequest& request) const {
    http::Caller caller;
    auto outcome = service->authenticator().try_cached(request.request(), caller);
    if (outcome.state == CacheState::hit) return caller;
    if (outcome.state == CacheState::refused) return std::unexpected(*outcome.error);
    return base::block_on(service->authenticator().authenticate(request.exchange()));
  }
  base::Result<http::Caller> ask_bearer(const std::string& token) const {
    auto with_token = request();
    with_token.bearer(token);
    return ask(with_token);
  }
  base::Result<http::Caller> ask_cookie(const std::string& token) const {
    auto with_cookie = request();
    with_cookie.cookie(token);
    return ask(with_cookie);
  }
};

}  // namespace identity
