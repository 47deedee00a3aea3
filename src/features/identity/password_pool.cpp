#include "features/identity/password_pool.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include <sodium.h>

#include "base/check.hpp"

namespace identity {
namespace {

std::unexpected<base::Error> overloaded() {
  return base::fail(base::ErrorCode::overloaded, "overloaded",
                    "Too many people are signing in right now. Please try again in a moment.",
                    "password queue is full");
}

base::Result<std::string> hash_now(const PasswordCost& cost, std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> encoded{};
  const int failed =
      crypto_pwhash_str_alg(encoded.data(), password.data(), password.size(), cost.passes,
                            cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
  sodium_memzero(password.data(), password.size());
  if (failed != 0) return base::fail_internal("argon2id got no memory");
  return std::string(encoded.data());
}

}  // namespace

struct PasswordPool::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::move_only_function<void()>> queue;
  std::size_t max_queue = 0;
  std::atomic<std::int64_t> computations = 0;
  bool stopping = false;
  std::vector<std::jthread> threads;

  bool submit(std::move_only_function<void()> work) {
    {
      const std::lock_guard lock(mutex);
      if (queue.size() >= max_queue) return false;
      queue.push_back(std::move(work));
    }
    wake.notify_one();
    return true;
  }

  void run() {
    for (;;) {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      auto work = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      computations.fetch_add(1, std::memory_order_relaxed);
      work();
    }
  }
};

PasswordPool::PasswordPool(PasswordCost cost, base::Random& random)
    : state_(std::make_unique<State>()), cost_(cost) {
  RL_CHECK(sodium_init() >= 0, "libsodium starts");
  std::string unknown(32, '\0');
  random.fill(std::as_writable_bytes(std::span(unknown)));
  auto hashed = hash_now(cost_, unknown);
  RL_CHECK(hashed.has_value(), "argon2id runs with the configured memory");
  decoy_ = std::move(*hashed);
  state_->max_queue = cost_.max_queue;
  for (int i = 0; i < cost_.threads; ++i)
    state_->threads.emplace_back([state = state_.get()] { state->run(); });
}

PasswordPool::~PasswordPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  state_->threads.clear();
}

base::Task<base::Result<std::string>> PasswordPool::hash(std::string password) {
  base::Completion<base::Result<std::string>> done;
  const bool taken =
      state_->submit([cost = cost_, secret = std::move(password),
                      sender = done.sender()]() mutable { sender.set(hash_now(cost, secret)); });
  if (!taken) co_return overloaded();
  auto encoded = co_await done;
  co_return encoded;
}

base::Task<base::Result<bool>> PasswordPool::matches(std::string encoded, std::string password) {
  base::Completion<bool> done;
  const bool taken = state_->submit(
      [hash = std::move(encoded), secret = std::move(password), sender = done.sender()]() mutable {
        const bool same = crypto_pwhash_str_verify(hash.c_str(), secret.data(), secret.size()) == 0;
        sodium_memzero(secret.data(), secret.size());
        sender.set(same);
      });
  if (!taken) co_return overloaded();
  const bool same = co_await done;
  co_return same;
}

std::int64_t PasswordPool::computations() const {
  return state_->computations.load(std::memory_order_relaxed);
}

}  // namespace identity
