// When sessions and keys were last used: noted in memory when a credential is looked up, written
// by the periodic tidying, so that looking one up writes nothing. Thread-safe.
#pragma once

#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace identity {

class LastUse {
 public:
  using Sessions = std::unordered_map<base::SessionId, base::Instant>;
  using Keys = std::unordered_map<base::KeyId, base::Instant>;

  void note(base::SessionId session, base::KeyId key, base::Instant now) {
    const std::lock_guard lock(mutex_);
    if (!session.empty()) sessions_[session] = now;
    if (!key.empty()) keys_[key] = now;
  }
  [[nodiscard]] std::pair<Sessions, Keys> take() {
    const std::lock_guard lock(mutex_);
    return {std::exchange(sessions_, {}), std::exchange(keys_, {})};
  }

 private:
  std::mutex mutex_;
  Sessions sessions_;
  Keys keys_;
};

}  // namespace identity
