#include "features/identity/jwks_source.hpp"

#include <algorithm>

#include "features/identity/jwk.hpp"
#include "http/client.hpp"

namespace identity {

base::Task<base::Result<std::string>> fetch_key_set(std::string url) {
  http::ClientRequest request;
  request.method = "GET";
  request.url = std::move(url);
  request.headers.emplace_back("Accept", "application/json");
  request.timeout = base::Millis{2'000};
  request.max_answer_bytes = 65'536;
  auto answer = co_await http::fetch(std::move(request));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (answer->status != 200)
    co_return base::fail_internal("key set: answer " + std::to_string(answer->status));
  co_return std::move(answer->body);
}

bool JwksSource::has(std::string_view kid) const {
  return std::ranges::find(*keys_, kid, &VerificationKey::kid) != keys_->end();
}

base::Task<base::Result<std::shared_ptr<const KeyRing>>> JwksSource::keys_for(std::string kid) {
  std::unique_lock lock(mutex_);
  const bool known = has(kid) && schedule_.fresh(clock_.now());
  if (schedule_.must_fetch(clock_.now(), known) || (fetching_ && !known)) {
    lock.unlock();
    co_await fetch_once();
    lock.lock();
  }
  if (!schedule_.usable(clock_.now())) {
    auto failure = base::fail(base::ErrorCode::overloaded, "identity_unavailable",
                              "Sign-in is not possible right now. Please try again in a moment.",
                              "no usable key set of the issuer");
    failure.error().members.push_back({"retry_after_seconds", "30"});
    co_return failure;
  }
  co_return keys_;
}

base::Task<void> JwksSource::renew() {
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    due = schedule_.should_fetch(clock_.now());
  }
  if (due) co_await fetch_once();
}

// The first to come fetches; who comes meanwhile waits for it.
base::Task<void> JwksSource::fetch_once() {
  base::Completion<bool> done;
  bool leads = false;
  {
    const std::lock_guard lock(mutex_);
    leads = !fetching_;
    if (leads) {
      fetching_ = true;
      schedule_.started(clock_.now());
    } else {
      waiting_.push_back(done.sender());
    }
  }
  if (!leads) {
    static_cast<void>(co_await done);
    co_return;
  }
  auto text = co_await fetch_(url_);
  store(std::move(text));
}

void JwksSource::store(base::Result<std::string> text) {
  auto ring = text ? read_jwks(*text, Trust::external)
                   : base::Result<KeyRing>{std::unexpected(std::move(text.error()))};
  std::vector<base::Completion<bool>::Sender> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (ring) {
      keys_ = std::make_shared<const KeyRing>(std::move(*ring));
      schedule_.succeeded(clock_.now());
    } else {
      schedule_.failed();
      log_.warning("key_set_failed", {{"detail", ring.error().detail + ring.error().message},
                                      {"failures", schedule_.failures()}});
    }
    fetching_ = false;
    waiting.swap(waiting_);
  }
  for (auto& sender : waiting) sender.set(true);
}

JwksSource::Health JwksSource::health() const {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  Health health{.ok = schedule_.failures() == 0,
                .usable = schedule_.usable(now) || !schedule_.last_success(),
                .keys = keys_->size()};
  if (const auto at = schedule_.last_success())
    health.age_seconds = std::chrono::floor<std::chrono::seconds>(now - *at).count();
  return health;
}

}  // namespace identity
