// Pauses after failed sign-ins, per key: an e-mail and an address together, so that a stranger's
// failures from his address do not lock the owner out of hers. Some tries are free (five), then
// each failure doubles the pause, from one second to fifteen minutes. In memory, bounded;
// thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.hpp"

namespace identity {

class LoginThrottle {
 public:
  explicit LoginThrottle(std::size_t max_keys = 50'000, int free_tries = kFreeTries)
      : max_keys_(max_keys), free_tries_(free_tries) {}

  // How long to wait, rounded up to a second; nullopt: go on. An attempt counts as a failure from
  // here on, so that a thousand parallel ones do not all pass.
  [[nodiscard]] std::optional<std::chrono::seconds> admit(const std::string& key,
                                                          base::Instant now);
  // The attempt was good: forgets the key.
  void succeeded(const std::string& key);
  // The attempt was never checked (overloaded): takes it back.
  void withdraw(const std::string& key);

  static constexpr int kFreeTries = 5;
  static constexpr std::chrono::seconds kLongestPause{900};

 private:
  struct Failures {
    int count = 0;
    base::Instant blocked_until;
    base::Instant last;
    std::list<std::string>::iterator age;
  };
  void touch(Failures& failures);

  std::size_t max_keys_;
  int free_tries_;
  std::mutex mutex_;
  std::unordered_map<std::string, Failures> failures_;
  std::list<std::string> by_age_;  // newest first
};

}  // namespace identity
